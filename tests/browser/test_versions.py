"""Versions of an image in a view: made again, with another prompt, chosen, and never lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browser.pages import OUTPUT
from browser.view_page import PreviewPage, painted, picture, place, put, shot, slot
from playwright.sync_api import Browser, Locator, expect

Open = Callable[..., PreviewPage]

FOX = "A red fox asleep under a lantern, snow falling"
SIZE = "b => { const r = b.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; }"
SAME = "([a, b]) => a === b"


@pytest.fixture
def preview(chromium: Browser) -> Iterator[Open]:
    """Opens the preview's view; the page is closed, and looked at for errors, at the end."""
    opened: list[PreviewPage] = []

    def open_page(**more: Any) -> PreviewPage:
        opened.append(PreviewPage(chromium, **more))
        return opened[-1]

    yield open_page
    for each in opened:
        each.close()


def with_image(view: PreviewPage, **more: Any) -> Locator:
    """Show one finished image, and give its box."""
    view.frame(put(0, f"<p>See</p><p>{place()}</p><p>and on.</p>"), status="completed")
    view.frame(
        slots=[slot(**{"status": "succeeded", "prompt": FOX, "image": shot(), **more})],
        pictures=[picture()],
        status="completed",
        succeeded=1,
    )
    expect(view.find("img.nbkit-picture")).to_be_visible()
    # All of the text, which comes bit by bit: it has the height that it keeps.
    expect(view.find(".nbkit-story p").last).to_have_text("and on.")
    return view.find(".nbkit-box")


def commands(view: PreviewPage, name: str) -> list[dict[str, Any]]:
    return [each for each in view.said("command") if each["name"] == name]


def answer(view: PreviewPage, name: str, error: str | None = None) -> None:
    """Answer the latest command of a name."""
    command = commands(view, name)[-1]
    view.hear({"kind": "answer", "view": view.id, "id": command["id"], "error": error})


def test_the_controls_show_on_hover_and_on_focus_and_shift_nothing(preview: Open):
    view = preview()
    box = with_image(view)
    again = box.get_by_role("button", name="Regenerate")
    before = view.find(".nbkit-story").evaluate(SIZE), box.evaluate(SIZE)
    expect(again).to_have_css("opacity", "0")
    box.hover()
    expect(again).to_have_css("opacity", "1")
    view.page.mouse.move(0, 0)
    expect(again).to_have_css("opacity", "0")
    # By keyboard: the picture, then its controls.
    view.find(".nbkit-scroll").focus()
    names = []
    for _ in range(3):
        view.page.keyboard.press("Tab")
        names.append(
            view.page.evaluate("document.activeElement.ariaLabel || document.activeElement.alt")
        )
    assert names == [FOX, "Regenerate", "Edit prompt…"]
    expect(again).to_have_css("opacity", "1")
    assert (view.find(".nbkit-story").evaluate(SIZE), box.evaluate(SIZE)) == before


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_regenerate_asks_for_the_slots_image_again(preview: Open, status: str):
    view = preview()
    box = with_image(view, status=status, error="no ink")
    box.hover()
    box.get_by_role("button", name="Regenerate").click()
    (command,) = commands(view, "regenerate")
    assert command["slot"] == "image-1"
    assert "prompt" not in command


@pytest.mark.parametrize("status", ["queued", "waiting", "running", "retrying"])
def test_nothing_is_regenerated_while_that_is_being_done(preview: Open, status: str):
    view = preview()
    box = with_image(view, status=status)
    for name in ("Regenerate", "Edit prompt…"):
        tool = box.get_by_role("button", name=name)
        expect(tool).to_have_attribute("aria-disabled", "true")
        tool.dispatch_event("click")
    assert commands(view, "regenerate") == []
    expect(box.locator("form")).to_be_hidden()


def test_the_former_picture_stays_while_another_is_made_and_after_that_has_failed(preview: Open):
    view = preview()
    box = with_image(view)
    view.frame(
        slots=[
            slot(
                status="running",
                prompt=FOX,
                task_prompt="a fox at dawn",
                image=shot(buffer=None),
                preview=shot(),
                fraction=0.4,
                step=2,
                steps=5,
            )
        ],
        pictures=[picture("gray")],
        running=1,
        succeeded=1,
    )
    image = box.locator("img.nbkit-picture")
    expect(box).to_contain_text("step 2 of 5")
    expect(box).to_contain_text("a fox at dawn")
    expect(image).to_be_visible()
    expect(image).to_have_attribute("alt", FOX)
    expect(box.locator("progress")).to_be_visible()
    sketch = box.locator("img.nbkit-sketch")
    expect(sketch).to_be_visible()
    assert sketch.evaluate("s => s.clientWidth") < image.evaluate("i => i.clientWidth / 2")
    failed = slot(status="failed", prompt=FOX, image=shot(buffer=None), error="no ink")
    view.frame(slots=[failed], status="completed", failed=1, succeeded=1)
    expect(image).to_be_visible()
    expect(sketch).to_be_hidden()
    expect(box).to_contain_text("New version failed")
    expect(box).to_contain_text("no ink")
    box.get_by_role("button", name="Retry").click()
    assert commands(view, "retry")[-1]["slot"] == "image-1"
    expect(view.find(".nbkit-header").get_by_role("button", name="Retry failed")).to_be_enabled()
    # Another was made since: what failed once is counted, and no longer to be retried.
    done = slot(status="succeeded", prompt=FOX, image=shot(2), versions=2, chosen=1)
    view.frame(slots=[done], pictures=[picture("navy")], status="completed", failed=1, succeeded=2)
    expect(box.locator(".nbkit-cover")).to_be_hidden()
    expect(view.find(".nbkit-header").get_by_role("button", name="Retry failed")).to_be_disabled()


def test_the_arrows_choose_and_a_picture_that_came_once_is_shown_again_without_its_bytes(
    preview: Open,
):
    view = preview(clock=True, reduced_motion="reduce")
    box = with_image(view)
    two = slot(status="succeeded", prompt=FOX, image=shot(2), versions=2, chosen=1)
    view.frame(slots=[two], pictures=[picture("navy", 32, 64)], status="completed", succeeded=2)
    image = box.locator("img.nbkit-picture")
    versions = box.get_by_role("group", name="Versions")
    expect(versions).to_be_visible()
    expect(versions).to_have_text("2/2")
    natural = "i => i.naturalWidth"
    expect(versions.get_by_role("button", name="Next")).to_have_attribute("aria-disabled", "true")
    view.page.wait_for_function("document.querySelector('img.nbkit-picture').naturalWidth === 32")
    versions.get_by_role("button", name="Former").click()
    assert commands(view, "choose")[-1]["version"] == 0
    expect(versions).to_have_text("1/2")
    one = slot(status="succeeded", prompt=FOX, image=shot(buffer=None), versions=2, chosen=0)
    view.frame(slots=[one], status="completed", succeeded=2)
    view.page.wait_for_function("document.querySelector('img.nbkit-picture').naturalWidth === 64")
    assert image.evaluate(natural) == 64
    assert view.page.evaluate("view.held()") == 2
    assert len(view.said("ready")) == 1
    # A replacement has dropped both, and the page holds neither of them any more.
    new = slot(status="succeeded", prompt=FOX, image=shot(3), versions=1, chosen=0)
    view.frame(slots=[new], pictures=[picture("gold", 16, 16)], status="completed", succeeded=3)
    view.page.wait_for_function("document.querySelector('img.nbkit-picture').naturalWidth === 16")
    assert view.page.evaluate("view.held()") == 1
    expect(versions).to_be_hidden()


def test_a_choice_that_is_refused_is_taken_back(preview: Open):
    view = preview()
    box = with_image(view, versions=3, chosen=2)
    versions = box.get_by_role("group", name="Versions")
    former = versions.get_by_role("button", name="Former")
    former.click()
    former.click()
    assert [each["version"] for each in commands(view, "choose")] == [1, 0]
    answer(view, "choose", "it has gone")
    expect(versions).to_have_text("3/3")
    expect(view.find(".nbkit-header")).to_contain_text("it has gone")


def test_a_prompt_that_is_being_edited_survives_every_frame_and_goes_when_it_is_taken(
    preview: Open,
):
    view = preview()
    box = with_image(view)
    box.hover()
    box.get_by_role("button", name="Edit prompt…").click()
    text = box.get_by_role("textbox", name="Prompt")
    expect(text).to_be_focused()
    expect(text).to_have_value(FOX)
    view.page.keyboard.type(", at dawn")
    element = text.element_handle()
    view.frame(
        put(0, f"<ul><li>now in a list {place()}</li></ul>"),
        slots=[slot(status="succeeded", prompt=FOX, image=shot(buffer=None), attempt=1)],
        status="completed",
        succeeded=1,
    )
    expect(view.find("li .nbkit-box")).to_be_visible()
    view.page.keyboard.type(" today")
    expect(text).to_have_value(f"{FOX}, at dawn today")
    assert view.page.evaluate(SAME, [element, text.element_handle()])
    box.get_by_label("Replace").check()
    box.get_by_role("button", name="Generate", exact=True).click()
    command = commands(view, "regenerate")[-1]
    assert (command["prompt"], command["mode"]) == (f"{FOX}, at dawn today", "replace")
    answer(view, "regenerate", "the session has been started anew")
    expect(box.get_by_role("alert")).to_have_text("the session has been started anew")
    expect(text).to_have_value(f"{FOX}, at dawn today")
    text.press("Control+Enter")
    answer(view, "regenerate")
    expect(box.locator("form")).to_be_hidden()


def test_escape_leaves_a_draft_where_it_is_and_cancel_drops_it(preview: Open):
    view = preview()
    box = with_image(view)
    edit = box.get_by_role("button", name="Edit prompt…")
    edit.press("Enter")
    text = box.get_by_role("textbox", name="Prompt")
    text.fill("another")
    text.press("Escape")
    expect(box.locator("form")).to_be_hidden()
    expect(edit).to_be_focused()
    edit.press("Enter")
    expect(text).to_have_value("another")
    box.get_by_role("button", name="Cancel").click()
    expect(box.locator("form")).to_be_hidden()
    edit.press("Enter")
    expect(text).to_have_value(FOX)
    # Nothing is sent without a word in it.
    text.fill("  ")
    text.press("Control+Enter")
    assert commands(view, "regenerate") == []


def test_what_failed_is_what_is_edited_and_without_a_picture_there_is_nothing_to_keep(
    preview: Open,
):
    view = preview()
    view.frame(put(0, f"<p>{place()}</p>"), status="completed")
    failed = slot(status="failed", prompt=FOX, task_prompt="a fox in ink", error="no ink")
    view.frame(slots=[failed], status="completed", failed=1)
    box = view.find(".nbkit-box")
    box.hover()
    box.get_by_role("button", name="Edit prompt…").click()
    expect(box.get_by_role("textbox")).to_have_value("a fox in ink")
    expect(box.get_by_role("radiogroup")).to_be_hidden()


def test_a_view_in_which_a_prompt_is_edited_is_not_idle_and_not_hidden(preview: Open):
    view = preview(clock=True, reduced_motion="reduce")
    box = with_image(view)
    box.get_by_role("button", name="Edit prompt…").press("Enter")
    view.page.evaluate(
        """() => {
            document.activeElement.blur();
            Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
            document.dispatchEvent(new Event("visibilitychange"));
            Object.defineProperty(document, "hidden", { configurable: true, get: () => false });
        }"""
    )
    view.page.clock.run_for(60_000)
    assert view.said("idle", "hidden") == []
    box.get_by_role("button", name="Cancel").click()
    view.page.mouse.move(0, 0)
    view.page.evaluate("document.activeElement.blur()")
    view.page.clock.run_for(60_000)
    assert [each["kind"] for each in view.said("idle", "hidden")] == ["idle"]


def test_a_kernel_that_is_gone_turns_the_controls_off_and_leaves_the_picture(preview: Open):
    view = preview()
    box = with_image(view, versions=2, chosen=1)
    view.page.evaluate(
        "document.querySelector('#host').classList.add('jupyter-widgets-disconnected')"
    )
    view.fire("comm:close")
    for name in ("Regenerate", "Edit prompt…", "Former version"):
        expect(box.get_by_role("button", name=name)).to_have_attribute("aria-disabled", "true")
    expect(box.locator("img.nbkit-picture")).to_be_visible()


def test_a_session_that_is_not_kept_says_so_in_one_quiet_line(preview: Open):
    view = preview()
    view.frame(put(0, "<p>text</p>"))
    line = view.find(".nbkit-remark")
    expect(line).to_be_hidden()
    view.frame(remark="Not kept: the disk is full")
    expect(line).to_have_text("Not kept: the disk is full")
    view.frame()
    expect(line).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_states_of_versions_look_right(preview: Open, theme: str):
    view = preview(color_scheme=theme)
    view.page.evaluate("t => { document.body.dataset.jpThemeLight = String(t === 'light') }", theme)
    view.page.evaluate(
        "t => { document.body.style.background = t }",
        {
            "light": "white",
            "dark": "#111",
        }[theme],
    )
    view.page.set_viewport_size({"width": 900, "height": 1000})
    names = [f"image-{n}" for n in range(1, 6)]
    cells = f"<p>{place(names[0])} {place(names[1])}</p><p>{place(names[2])} {place(names[3])}</p>"
    table = f"<table><tr><td>{place(names[4])}</td><td>A small one, in a table.</td></tr></table>"
    view.frame(put(0, cells), put(1, table), status="running", writing=False)
    long = "the server at 127.0.0.1 answered 503: the model is being loaded, try again in a while"
    base = {"prompt": FOX, "versions": 3, "chosen": 1}
    view.frame(
        slots=[
            slot(names[0], "succeeded", **base, image=shot(1, 0, 512)),
            slot(
                names[1],
                "running",
                **{**base, "versions": 1, "chosen": 0},
                task_prompt="A red fox awake under a lantern",
                image=shot(1, 0, 512),
                preview=shot(1, 1, 512),
                fraction=0.6,
                step=12,
                steps=20,
            ),
            slot(names[2], "failed", **base, image=shot(1, 0, 512), error=long),
            slot(names[3], "succeeded", **base, image=shot(1, 0, 512)),
            slot(names[4], "succeeded", **base, image=shot(1, 1, 512)),
        ],
        pictures=[painted(FOX, 7), painted("A red fox awake under a lantern", 3)],
        writing=False,
        succeeded=4,
        failed=1,
        running=1,
        remark="Not kept: no space left on the device",
    )
    expect(view.find("img.nbkit-picture")).to_have_count(5)
    for image in view.find("img.nbkit-picture").all():
        expect(image).to_be_visible()
    last = view.find(".nbkit-box").nth(3)
    last.get_by_role("button", name="Edit prompt…").press("Enter")
    view.find(".nbkit-box").nth(0).hover()
    expect(view.find(".nbkit-tools").nth(0).locator("> *").first).to_have_css("opacity", "1")
    view.page.evaluate("document.querySelector('.nbkit-scroll').style.maxHeight = 'none'")
    OUTPUT.mkdir(exist_ok=True)
    view.page.screenshot(path=OUTPUT / f"versions-{theme}.png", full_page=True)
    boxes = view.find(".nbkit-box").evaluate_all(f"all => all.map({SIZE})")
    assert boxes[0][2:] == boxes[1][2:]
    assert re.search("Failed|failed", view.find(".nbkit-box").nth(2).inner_text())


def failed_alone(view: PreviewPage) -> Locator:
    view.frame(put(0, f"<p>{place()}</p>"), status="completed")
    view.frame(slots=[slot(status="failed", error="no ink")], status="completed", failed=1)
    return view.find(".nbkit-box")


def test_the_keys_stay_in_the_view_when_the_button_that_had_them_goes(preview: Open):
    view = preview()
    retry = failed_alone(view).get_by_role("button", name="Retry")
    retry.focus()
    view.page.keyboard.press("Enter")
    view.frame(slots=[slot(status="queued")], queued=1)
    expect(retry).to_be_hidden()
    answer(view, "retry")
    expect(view.find(".nbkit-scroll")).to_be_focused()


@pytest.mark.parametrize("first", ["answer", "frame"])
def test_the_keys_stay_in_the_view_when_a_form_closes_that_has_no_button_any_more(
    preview: Open, first: str
):
    view = preview()
    box = failed_alone(view)
    box.get_by_role("button", name="Edit prompt…").focus()
    view.page.keyboard.press("Enter")
    view.page.keyboard.press("Control+Enter")
    for act in sorted(("answer", "frame"), key=lambda each: each != first):
        if act == "answer":
            answer(view, "regenerate")
        else:
            view.frame(slots=[slot(status="queued")], queued=1)
    expect(box.locator("form")).to_be_hidden()
    expect(view.find(".nbkit-scroll")).to_be_focused()


def test_the_keys_stay_in_the_view_when_the_place_that_had_them_goes(preview: Open):
    view = preview()
    failed_alone(view).get_by_role("button", name="Retry").focus()
    view.frame(put(0, "<p>no place here</p>"), status="completed", failed=1)
    expect(view.find(".nbkit-scroll")).to_be_focused()
