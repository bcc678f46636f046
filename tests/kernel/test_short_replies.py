"""A reply that is over before a page shows it: what is sent, and what holds at its cell's end."""

from kernel.front_end import Page, ask_in, html, run_in

TEXT = "All of it, and in one piece. " * 300


def displays(kernel):
    """The display ids that were updated, in order."""
    return [
        message["content"]["transient"]["display_id"]
        for message in kernel.messages
        if message["msg_type"] == "update_display_data"
    ]


def test_a_page_that_asks_while_the_cell_waits_is_sent_text_and_copies_once_and_packed(kernel):
    kernel.run_ok(f"import nbkit, nbkit.notebook\nnbkit.notebook.ANSWER = 60.0\ntext = {TEXT!r}")
    before = len(kernel.messages)
    cell = ask_in(kernel, "A", "session = await nbkit.illustrate(text)")
    kernel.until(lambda: any("places" in comm.state for comm in kernel.comms.values()))
    page = Page(kernel)
    places = list(page.places.state["places"])
    here = {"kind": "here", "page": "a", "asked": False}
    told = {**here, "revisions": dict.fromkeys(places, 1), "keeps": places}
    kernel.send_custom(page.places, told)
    kernel.send_custom(page.preview, {"kind": "ready", "view": "a", "seq": 0})
    kernel.wait(cell)
    (kept,) = [each for each in page.places.custom if each["kind"] == "keep"]
    assert TEXT.strip() in kept["copies"][places[0]]["html"]
    assert "A static copy" in kept["copies"][places[0]]["html"]
    snapshot, frame = page.preview.custom
    assert (snapshot["kind"], snapshot["ops"]) == ("snapshot", None)
    assert (frame["kind"], frame["header"]["status"]) == ("frame", "completed")
    assert not displays(kernel)
    assert not page.preview.closed
    kept_at, frame_at = (
        next(
            n
            for n, message in enumerate(kernel.messages)
            if message["content"].get("data", {}).get("content", {}).get("kind") == kind
        )
        for kind in ("keep", "frame")
    )
    assert before < kept_at < frame_at
    sent = sum(len(b) for message in kernel.messages[before:] for b in message["buffers"])
    assert sent < len(TEXT) / 4


def test_where_no_page_asks_the_copy_is_there_when_the_cell_has_ended_and_is_sent_once(kernel):
    kernel.run_ok(f"import nbkit, nbkit.notebook\nnbkit.notebook.ANSWER = 0.05\ntext = {TEXT!r}")
    cell = run_in(kernel, "A", "session = await nbkit.illustrate(text)")
    assert TEXT.strip() in html(cell)
    assert "A static copy" in html(cell)
    page = Page(kernel)
    places = list(page.places.state["places"])
    assert displays(kernel).count(places[0]) == 1
    assert page.preview.closed


def test_another_cell_that_awaits_has_the_copy_said_again_in_its_own_output(kernel):
    kernel.run_ok(f"import nbkit, nbkit.notebook\nnbkit.notebook.ANSWER = 0.05\ntext = {TEXT!r}")
    run_in(kernel, "A", "session = nbkit.illustrate(text)")
    places = list(Page(kernel).places.state["places"])
    kernel.until(lambda: places[0] in displays(kernel))
    cell = run_in(kernel, "B", "await session; None")
    own = [m for m in cell.messages if m["msg_type"] == "update_display_data"]
    assert places[0] in [m["content"]["transient"]["display_id"] for m in own]


def test_a_session_ends_though_its_views_were_closed_before_a_page_could_ask(kernel):
    kernel.run_ok(f"import nbkit, nbkit.notebook\nnbkit.notebook.ANSWER = 3600.0\ntext = {TEXT!r}")
    closing = "import ipywidgets\nsession = nbkit.illustrate(text)\nipywidgets.Widget.close_all()\n"
    cell = run_in(kernel, "A", closing + "await session; None")
    assert TEXT.strip() in html(cell)
    assert "A static copy" in html(cell)
