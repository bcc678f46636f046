"""The harness of the kernel tests does what they rest on."""

from __future__ import annotations

import pytest
from kernel.kernels import KernelTimeoutError, execute_notebook

WIDGET = """
import anywidget, traitlets
class Echo(anywidget.AnyWidget):
    _esm = "export default {}"
    count = traitlets.Int(0).tag(sync=True)
    def __init__(self):
        super().__init__()
        self.on_msg(self.answer)
    def answer(self, _, content, buffers):
        self.count += 1
        self.send({"echo": content, "bytes": sum(len(b) for b in buffers)}, [b"back"])
echo = Echo()
echo
"""


def test_a_cell_gives_its_streams_its_result_and_its_error(kernel):
    cell = kernel.run("import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7")
    failed = kernel.run("1 / 0")

    assert (cell.status, cell.stdout, cell.stderr) == ("ok", "out\n", "err\n")
    assert cell.result.data["text/plain"] == "42"
    assert (failed.status, failed.error_name) == ("error", "ZeroDivisionError")
    assert "division by zero" in failed.traceback


def test_an_update_by_display_id_is_applied_across_cells(kernel):
    shown = kernel.run_ok("h = display('one', display_id='here')\ndisplay('other')")
    kernel.run_ok("from IPython.display import HTML\nh.update(HTML('<b>two</b>'))")

    assert [output.display_id for output in shown.outputs] == ["here", None]
    assert shown.outputs[0].data["text/html"] == "<b>two</b>"
    assert shown.outputs[0].updates == 1
    assert shown.outputs[1].data["text/plain"] == "'other'"


def test_output_of_a_task_is_filed_under_the_cell_that_made_it(kernel):
    maker = kernel.run_ok(
        "import asyncio\nasync def later():\n    await asyncio.sleep(0.05)\n    print('late')\n"
        "task = asyncio.create_task(later())"
    )
    kernel.until(lambda: maker.stdout == "late\n")


def test_cells_queue_and_an_error_aborts_those_behind_it(kernel):
    first, second, third = kernel.queue("import time; time.sleep(0.1)", "1 / 0", "print('never')")
    kernel.wait(first, second, third)

    assert [first.status, second.status, third.status] == ["ok", "error", "aborted"]
    assert kernel.run("print('again')").stdout == "again\n"


def test_an_interrupt_ends_a_running_cell(kernel):
    cell = kernel.run_no_wait("import time\nprint('begun')\ntime.sleep(600)")
    kernel.until(lambda: "begun" in cell.stdout)
    kernel.interrupt()

    assert kernel.wait(cell).error_name == "KeyboardInterrupt"


def test_a_page_is_imitated_over_a_comm(kernel):
    comm = kernel.displayed(kernel.run_ok(WIDGET))
    assert comm.target == "jupyter.widget"
    assert comm.state["count"] == 0

    sent = kernel.send_custom(comm, {"kind": "hello"}, buffers=[b"abc"])
    kernel.until(lambda: kernel.handled(sent))

    assert comm.custom == [{"echo": {"kind": "hello"}, "bytes": 3}]
    assert comm.state["count"] == 1
    answer = comm.messages[-1]
    assert answer["parent_header"]["msg_id"] == sent
    assert [bytes(buffer) for buffer in answer["buffers"]] == [b"back"]
    assert kernel.run("echo.count").result.data["text/plain"] == "1"


def test_a_page_reaches_a_busy_kernel_through_a_subshell_where_there_is_one(kernel):
    comm = kernel.displayed(kernel.run_ok(WIDGET))
    subshell = kernel.create_subshell()
    if subshell is None:
        pytest.skip("this kernel has no subshells")
    busy = kernel.run_no_wait(
        "import asyncio\nprint('begun')\nwhile True: await asyncio.sleep(0.05)"
    )
    kernel.until(lambda: "begun" in busy.stdout)

    kernel.send_custom(comm, {"kind": "hello"}, subshell=subshell)
    kernel.until(lambda: len(comm.custom) == 1)

    assert not busy.done
    kernel.interrupt()
    kernel.wait(busy)


def test_what_does_not_happen_is_told_with_the_last_messages(kernel):
    kernel.run("print('the last thing said')")

    with pytest.raises(KernelTimeoutError, match="the last thing said"):
        kernel.until(lambda: False, timeout=0.1)


def test_a_killed_kernel_is_noticed_and_can_be_restarted(kernel):
    kernel.run_ok("import os; x = 1")
    kernel.kill()
    with pytest.raises(KernelTimeoutError, match="the kernel is dead"):
        kernel.until(lambda: False)

    kernel.restart()

    assert kernel.run("x").error_name == "NameError"


def test_a_notebook_is_executed_by_nbclient(tmp_path):
    book = execute_notebook(
        ["print('hello')", "await __import__('asyncio').sleep(0)\n3"], folder=tmp_path
    )

    assert book.cells[0].outputs[0].text == "hello\n"
    assert book.cells[1].outputs[0].data["text/plain"] == "3"
