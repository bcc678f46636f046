"""Sessions beside one another: two on one backend, the same cell again, one shown elsewhere."""

from kernel.front_end import Page, html, run_in

SETUP = """
import asyncio, nbkit
from PIL import Image

class Backend:
    def __init__(self):
        self.gates, self.running, self.most = {}, 0, 0
    async def generate(self, request, *, on_preview):
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.gates.setdefault(request.prompt, asyncio.Event()).wait()
            return nbkit.EncodedImage(png(request.prompt), "image/png", 20, 10)
        finally:
            self.running -= 1
    async def aclose(self): pass

def png(colour):
    import io
    out = io.BytesIO()
    Image.new("RGB", (20, 10), colour).save(out, "PNG")
    return out.getvalue()

async def tells(*prompts):
    for prompt in prompts:
        yield f'A {prompt} one <!--img-prompt="{prompt}"-->\\n\\n'

async def hangs():
    yield "text"
    await asyncio.Event().wait()

backend = Backend()
def let(*prompts):
    for prompt in prompts:
        backend.gates.setdefault(prompt, asyncio.Event()).set()
"""


def test_two_sessions_on_one_backend_end_each_by_itself(kernel):
    kernel.run_ok(SETUP)
    run_in(
        kernel,
        "A",
        "first = nbkit.illustrate(tells('red', 'green'), images=backend)\n"
        "second = nbkit.illustrate(tells('blue', 'gold'), images=backend)",
    )
    done = kernel.run_ok(
        "let('blue', 'gold'); await second\n"
        "print(first.status, second.status, first.progress.succeeded, second.progress.succeeded)"
    )
    assert done.stdout.split() == ["running", "completed", "0", "2"]
    kernel.run_ok("third = nbkit.illustrate(tells('pink'), images=backend); third.cancel()")
    done = kernel.run_ok(
        "let('red', 'green'); await first\n"
        "print(first.status, first.progress.succeeded, third.status, backend.most)\n"
        "print([each.prompt for each in first.images], [each.prompt for each in second.images])"
    )
    assert done.stdout.splitlines()[0].split() == ["completed", "2", "cancelled", "4"]
    assert done.stdout.splitlines()[1] == "['red', 'green'] ['blue', 'gold']"


def test_the_same_cell_again_cancels_its_former_session_which_says_so_wherever_it_is_shown(kernel):
    kernel.run_ok(SETUP)
    run_in(kernel, "A", "first = nbkit.illustrate(hangs(), images=backend)")
    elsewhere = run_in(kernel, "B", "first.show()")
    page = Page(kernel)
    page.mount()
    run_in(kernel, "A", "second = nbkit.illustrate(hangs(), images=backend)")
    told = kernel.run_ok("print(first.status, second.status, first.reason, second.reason, sep='|')")
    assert told.stdout.strip() == "cancelled|running|its cell was executed again|"
    kernel.until(lambda: page.preview.custom[-1].get("header", {}).get("status") == "cancelled")
    assert page.preview.custom[-1]["header"]["remark"] == "Stopped: its cell was executed again"
    assert len(elsewhere.outputs) == 2


def test_two_calls_in_one_execution_and_a_named_message_are_left_alone(kernel):
    kernel.run_ok(SETUP)
    two = "{0} = nbkit.illustrate(hangs()); {1} = nbkit.illustrate(hangs(), message_id={2})"
    run_in(kernel, "A", two.format("a", "b", "7"))
    run_in(kernel, "B", "c = nbkit.illustrate(hangs()); d = nbkit.illustrate(hangs())")
    assert (
        kernel.run_ok("print(a.status, b.status, c.status, d.status)").stdout.split()
        == ["running"] * 4
    )
    run_in(kernel, "A", two.format("e", "f", "7"))
    told = kernel.run_ok("print(a.status, b.status, e.status, f is b)")
    assert told.stdout.split() == ["cancelled", "running", "running", "True"]


def test_a_session_without_an_output_is_listed_and_shown_anywhere(kernel):
    kernel.run_ok(SETUP)
    run_in(kernel, "A", "nbkit.illustrate(tells('red'), images=backend)")
    cell = run_in(kernel, "B", "session = nbkit.sessions()[0]; session.show()")
    assert "A red one" in html(cell)
    kernel.run_ok("let('red'); await session")
    kernel.until(lambda: 'alt="red"' in html(cell))
    kernel.until(lambda: "1 of 1 image" in html(cell, 1))
    assert kernel.run_ok("print(session in nbkit.sessions())").stdout.strip() == "True"
