"""`illustrate` in a real kernel, without any page: cells, waits, outputs."""

import ast
import re
import subprocess
import sys

import nbformat
import pytest
from kernel.kernels import execute_notebook

VIEW = "application/vnd.jupyter.widget-view+json"

STORY = r'''
import asyncio, io, nbkit
from PIL import Image

TEXT = """# Title

A **bold** start <!--img-prompt="red"--> and

- an item <!--img-prompt="green"-->

| a | b |
|---|---|
| x | <!--img-prompt="blue"--> |
"""

async def deltas():
    for at in range(0, len(TEXT), 7):
        await asyncio.sleep(0.005)
        yield TEXT[at:at + 7]

async def colour(prompt):
    await asyncio.sleep({"red": 0.3, "green": 0.2, "blue": 0.1}[prompt])
    return Image.new("RGB", (20, 10), prompt)

def outcome(session):
    images = [(i.prompt, i.status, i.image.data) for i in session.images]
    return repr((session.text, images, session.to_html()))
'''


def test_await_wait_and_a_plain_script_all_give_the_same(kernel, tmp_path):
    kernel.run_ok(STORY)
    awaited = kernel.run_ok("print(outcome(await nbkit.illustrate(deltas(), images=colour)))")
    waited = kernel.run_ok("print(outcome(nbkit.illustrate(deltas(), images=colour).wait()))")
    script = tmp_path / "script.py"
    script.write_text(STORY + "print(outcome(nbkit.illustrate(deltas(), images=colour).wait()))")
    alone = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert alone.returncode == 0, alone.stderr
    assert alone.stderr == ""
    text, images, _ = ast.literal_eval(alone.stdout)
    assert text.startswith("# Title")
    assert [(prompt, status) for prompt, status, _ in images] == [
        ("red", "succeeded"),
        ("green", "succeeded"),
        ("blue", "succeeded"),
    ]
    assert awaited.stdout == waited.stdout == alone.stdout
    assert awaited.stderr == waited.stderr == ""


def test_cells_queued_behind_a_wait_all_run(kernel):
    kernel.run_ok(STORY)
    cells = kernel.queue(
        "session = nbkit.illustrate(deltas(), images=colour)",
        "session.wait(); print(session.status)",
        *(f"print({number})" for number in range(20)),
        "second = nbkit.illustrate(deltas(), images=colour).wait(); print(second.status)",
        "print('last')",
    )
    kernel.wait(*cells)
    assert [cell.status for cell in cells] == ["ok"] * len(cells)
    printed = [cell.stdout.strip() for cell in cells]
    assert printed == ["", "completed", *map(str, range(20)), "completed", "last"]


def test_illustrate_returns_at_once_and_runs_on_an_idle_kernel(kernel):
    kernel.run_ok(STORY)
    kernel.run_ok("gate = asyncio.Event()")
    first = kernel.run_ok(
        """
        async def slow():
            yield "one "
            await gate.wait()
            yield "two"
        session = nbkit.illustrate(slow(), images=colour)
        print(session.status)
        """
    )
    assert first.stdout.strip() == "running"
    kernel.run_ok("gate.set()")
    assert kernel.run_ok("await session; print(session.text)").stdout.strip() == "one two"


def test_a_session_as_the_last_expression_is_shown_once(kernel):
    kernel.run_ok(STORY)
    cell = kernel.run_ok("nbkit.illustrate(deltas(), images=colour)")
    assert len([out for out in cell.outputs if "text/plain" in out.data]) == 2
    assert cell.result is None
    awaited = kernel.run_ok("await nbkit.illustrate(deltas(), images=colour)")
    assert len(awaited.outputs) == 2
    assert awaited.result is None
    again = kernel.run_ok("nbkit.sessions()[0]")
    assert len(again.outputs) == 2


def test_without_a_page_an_awaited_session_is_frozen_at_once(kernel):
    kernel.run_ok(STORY)
    cell = kernel.run_ok("await nbkit.illustrate(deltas(), images=colour)")
    preview, progress = cell.outputs
    assert VIEW not in preview.data
    assert preview.data["text/html"].count("data:image/png;base64,") == 3
    assert "Title" in preview.data["text/plain"]
    assert "3 of 3 images" in progress.data["text/html"]
    assert all(comm.closed for comm in kernel.comms.values() if "_esm" in comm.state)


def test_freeze_false_leaves_the_view_and_true_freezes_failures_too(kernel):
    kernel.run_ok(STORY)
    live = kernel.run_ok("await nbkit.illustrate(deltas(), images=colour, freeze=False)")
    assert all(VIEW in out.data for out in live.outputs)
    kernel.run_ok("def never(prompt): raise nbkit.BackendError('no ink')")
    auto = kernel.run_ok("await nbkit.illustrate(deltas(), images=never)")
    assert all(VIEW in out.data for out in auto.outputs)
    # Whoever reads the notebook without a kernel sees what there is, all the same.
    assert "no ink" in auto.outputs[0].data["text/html"]
    frozen = kernel.run_ok("await nbkit.illustrate(deltas(), images=never, freeze=True)")
    assert all(VIEW not in out.data for out in frozen.outputs)
    assert "no ink" in frozen.outputs[0].data["text/html"]


def test_show_brings_a_frozen_session_back_live(kernel):
    kernel.run_ok(STORY)
    kernel.run_ok("session = await nbkit.illustrate(deltas(), images=colour)")
    cell = kernel.run_ok("session.show()")
    assert all(VIEW in output.data for output in cell.outputs)


def test_show_brings_back_views_that_were_closed_with_all_other_widgets(kernel):
    kernel.run_ok("import ipywidgets, nbkit")
    kernel.run_ok("session = await nbkit.illustrate('a text', freeze=False); None")
    kernel.run_ok("ipywidgets.Widget.close_all()")
    cell = kernel.run_ok("session.show()")
    views = [kernel.comms.get(output.data[VIEW]["model_id"]) for output in cell.outputs]
    assert [view is not None and view.closed for view in views] == [False, False]


def test_preview_and_progress_can_be_left_out(kernel):
    kernel.run_ok(STORY)
    cell = kernel.run_ok(
        "await nbkit.illustrate(deltas(), images=colour, preview=False, progress=False)"
    )
    assert cell.outputs == [cell.result]
    assert "3 of 3 images" in cell.result.data["text/plain"]
    assert len(kernel.run_ok("nbkit.sessions()[0].show()").outputs) == 1


def test_the_same_cell_executed_again_cancels_what_it_had_started(kernel):
    kernel.run_ok(STORY)
    kernel.run_ok(
        """
        from unittest import mock
        async def hangs():
            yield "text"
            await asyncio.Event().wait()
        def cell_id(value):
            get_ipython().kernel.get_parent("shell")["metadata"]["cellId"] = value
        """
    )
    start = 'cell_id("{}"); {} = nbkit.illustrate(hangs(), images=colour{})'
    kernel.run_ok(start.format("A", "first", ""))
    kernel.run_ok(start.format("B", "other", ""))
    kernel.run_ok(start.format("A", "second", ""))
    kernel.run_ok(start.format("C", "named", ", message_id=7"))
    kernel.run_ok(start.format("D", "same", ", message_id=7"))
    cell = kernel.run_ok(
        "print(first.status, other.status, second.status, named.status, same is named)"
    )
    assert cell.stdout.split() == ["cancelled", "running", "running", "running", "True"]


def test_interrupting_a_wait_cancels_that_session_and_nothing_else(kernel):
    kernel.run_ok(STORY)
    kernel.run_ok(
        """
        async def hangs():
            yield "arrived"
            await asyncio.Event().wait()
        ticks = []
        async def ticking():
            while True:
                ticks.append(1)
                await asyncio.sleep(0.01)
        ticker = asyncio.create_task(ticking())
        """
    )
    for how in ("session.wait()", "await session"):
        kernel.run_ok("session = nbkit.illustrate(hangs(), images=colour)")
        # Printed by the loop, thus from within the wait.
        soon = "asyncio.get_running_loop().call_later(0.1, print, 'waiting')"
        cell = kernel.run_no_wait(f"{soon}\n{how}", stop_on_error=False)
        kernel.until(lambda cell=cell: "waiting" in cell.stdout)
        kernel.interrupt()
        kernel.wait(cell)
        assert cell.status == "error"
        after = kernel.run_ok(
            "n = len(ticks); await asyncio.sleep(0.1)\n"
            "print(session.status, session.text, ticker.done(), len(ticks) > n)"
        )
        assert after.stdout.split() == ["cancelled", "arrived", "False", "True"]


@pytest.mark.parametrize("how", ["await session", "session.wait()"])
def test_an_interrupt_is_heard_though_nothing_else_wakes_the_loop(kernel, how):
    kernel.run_ok(STORY)
    kernel.run_ok(
        """
        async def hangs():
            yield "arrived"
            await asyncio.Event().wait()
        session = nbkit.illustrate(hangs(), images=colour)
        """
    )
    cell = kernel.run_no_wait(
        f"asyncio.get_running_loop().call_later(0.1, print, 'waiting')\n{how}"
    )
    kernel.until(lambda: "waiting" in cell.stdout)
    kernel.interrupt()
    kernel.wait(cell)
    assert cell.status == "error"
    assert kernel.run_ok("print(session.status)").stdout.strip() == "cancelled"


def test_a_wait_on_top_of_the_archived_nest_asyncio_is_refused(kernel):
    kernel.run_ok(STORY)
    kernel.run_ok("asyncio._nest_patched = True")
    cell = kernel.run("nbkit.illustrate(deltas(), images=colour).wait()")
    assert cell.error_name == "LoopError"
    assert "await session" in cell.traceback


def test_a_notebook_run_headless_keeps_text_and_images(tmp_path):
    book = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(STORY),
            nbformat.v4.new_code_cell("session = nbkit.illustrate(deltas(), images=colour)"),
            nbformat.v4.new_code_cell("await session"),
        ]
    )
    done = execute_notebook(book, folder=tmp_path)
    html = done.cells[1].outputs[0]["data"]["text/html"]
    assert html.count("data:image/png;base64,") == 3
    nbformat.validate(done)
    nbconvert = pytest.importorskip("nbconvert")
    page, _ = nbconvert.HTMLExporter().from_notebook_node(done)
    for colour in ("red", "green", "blue"):
        assert len(re.findall(f'<img[^>]*alt="{colour}"', page)) == 1
    assert "model not found" not in page
