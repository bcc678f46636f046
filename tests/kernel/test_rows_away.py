"""A front end goes away while a session runs: little is sent, and all is there on its return."""

from kernel.front_end import Page, html, run_in

SETUP = """
import asyncio, nbkit
import nbkit._notebook.presence as presence
presence.PING_EVERY = 0.05
import nbkit._notebook.outputs as outputs
outputs.EVERY = 0.05

class Backend:
    # Pictures that come slowly, each with a hundred previews of 30 kB.
    async def generate(self, request, *, on_preview):
        image = nbkit.EncodedImage(noisy(100), "image/png", 100, 100)
        for step in range(100):
            on_preview(nbkit.Preview(step / 100, image, step=step, steps=100))
            await asyncio.sleep(0.003)
        return image
    async def aclose(self): pass

def noisy(side):
    import io, os
    from PIL import Image
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(side * side * 3)).save(out, "PNG")
    return out.getvalue()

more = asyncio.Event()
async def long(images):
    yield "It begins. "
    await more.wait()
    for n in range(images):
        yield f'Number {n} <!--img-prompt="image {n}"--> and ' + "words " * 50
        await asyncio.sleep(0.01)
    yield "The end."
"""

IMAGES = 30


def sent(kernel, after):
    """Bytes of what the kernel has sent to a front end since."""
    return sum(
        len(str(message["content"])) + sum(len(buffer) for buffer in message["buffers"])
        for message in kernel.messages[after:]
    )


def run(kernel, *, answers):
    """A long session whose page answers or goes away; the cell, the page, and what was sent."""
    kernel.run_ok(SETUP)
    if answers:
        # However slowly it answers, it is there.
        kernel.run_ok("presence.PING_EVERY = 3600.0")
    cell = run_in(kernel, "A", f"session = nbkit.illustrate(long({IMAGES}), images=Backend())")
    page = Page(kernel)
    page.mount()
    page.answer()
    kernel.until(lambda: any(each["kind"] == "snapshot" for each in page.preview.custom))
    if not answers:
        kernel.run_ok(
            "async def gone():\n"
            "    while not session.screen._outputs._presence.away: await asyncio.sleep(0.01)\n"
            "await gone()"
        )
    before = len(kernel.messages)
    kernel.run_ok("more.set()")
    while not done(kernel):
        if answers:
            page.answer()
    kernel.until(lambda: f"{IMAGES} of {IMAGES}" in html(cell, 1))
    return cell, page, sent(kernel, before)


def done(kernel):
    return kernel.run_ok("print(session.status)").stdout.strip() == "completed"


def test_while_nobody_is_there_only_the_final_state_is_sent(kernels):
    _, _, here = run(kernels(), answers=True)
    kernel = kernels()
    cell, page, away = run(kernel, answers=False)
    pictures = IMAGES * 30_000
    print(f"sent with a page: {here}, without: {away}")
    # Each picture in one frame, and in one copy; and no previews.
    assert away < 3.5 * pictures < here
    frames = [each for each in page.preview.custom if each["kind"] == "frame"]
    assert frames[-1]["header"]["status"] == "completed"
    assert html(cell).count("<img") == IMAGES
    # Back again: the view asks, and is told everything.
    page.mount()
    kernel.until(lambda: page.preview.custom[-1]["kind"] == "snapshot")
    snapshot = page.preview.custom[-1]
    assert len(snapshot["slots"]) == IMAGES
    assert snapshot["header"]["counts"]["succeeded"] == IMAGES


def test_a_page_that_is_back_in_mid_run_is_told_at_once_what_it_has_missed(kernel):
    kernel.run_ok(SETUP)
    run_in(
        kernel,
        "A",
        "go = asyncio.Event()\n"
        "async def slow():\n    yield 'one '\n    await more.wait()\n    yield 'two'\n"
        "    await go.wait()\n"
        "session = nbkit.illustrate(slow())",
    )
    page = Page(kernel)
    page.mount()
    page.answer()
    kernel.run_ok(
        "async def gone():\n"
        "    while not session.screen._outputs._presence.away: await asyncio.sleep(0.01)\n"
        "async def heard_two():\n"
        "    while 'two' not in session.text: await asyncio.sleep(0.01)\n"
        "await gone(); more.set(); await heard_two()"
    )
    pings = len(page.places.custom)
    kernel.until(lambda: len(page.places.custom) > pings + 5)
    assert not any("two" in str(each) for each in page.preview.custom)
    page.answer()
    kernel.until(lambda: any("two" in str(each) for each in page.preview.custom))
    assert page.preview.custom[-1]["kind"] == "frame"


def test_a_kernel_that_waits_in_a_cell_goes_on_sending_to_a_page_that_it_cannot_hear(kernel):
    kernel.run_ok(SETUP)
    run_in(
        kernel,
        "A",
        "async def ticks():\n"
        "    await more.wait()\n"
        "    for n in range(100):\n        yield f'{n} '\n        await asyncio.sleep(0.02)\n"
        "session = nbkit.illustrate(ticks())",
    )
    page = Page(kernel)
    page.mount()
    page.answer()
    kernel.until(lambda: any(each["kind"] == "snapshot" for each in page.preview.custom))
    before = len(page.preview.custom)
    page.answer()  # the last that is heard before the cell
    kernel.run_ok("more.set()\nsession.wait()")
    # Two seconds of frames, where a page that is not heard passes for gone after a fifth of one.
    assert len(page.preview.custom) - before > 6
