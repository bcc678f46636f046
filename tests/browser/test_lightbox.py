"""The pictures of a story in full, one at a time, in a real Chromium."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.pages import OUTPUT
from browser.view_page import PreviewPage, painted, picture, place, put, shot, slot
from playwright.sync_api import Browser, Locator, expect

Open = Callable[..., PreviewPage]

NAMES = ["image-1", "image-2", "image-3"]
PROMPTS = ["a red fox", "a <b>grey</b> owl", "a blue whale under the pier"]


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


def three(view: PreviewPage, *, finished: int = 3, versions: int = 1) -> None:
    """Show three places, of which the first ones have pictures."""
    slots = [
        slot(
            name,
            "succeeded" if n < finished else "running",
            prompt=prompt,
            versions=versions if n < finished else 0,
            chosen=versions - 1 if n < finished else 0,
            image=shot(1, n, 768) if n < finished else None,
        )
        for n, (name, prompt) in enumerate(zip(NAMES, PROMPTS, strict=True))
    ]
    view.frame(
        put(0, "".join(f"<p>{place(name)}</p>" for name in NAMES)),
        slots=slots,
        pictures=[picture(colour) for colour in ("red", "gray", "navy")[:finished]],
        status="completed" if finished == 3 else "running",
        succeeded=finished,
    )
    expect(view.find("img.nbkit-picture:visible")).to_have_count(finished)


def box(view: PreviewPage) -> Locator:
    return view.page.locator("dialog.nbkit-lightbox")


def open_at(view: PreviewPage, number: int) -> Locator:
    view.find("img.nbkit-picture").nth(number).click()
    expect(box(view)).to_be_visible()
    return box(view)


def asked(view: PreviewPage, count: int) -> dict[str, Any]:
    """Wait until so many originals have been asked for, and give the latest command."""
    view.page.wait_for_function(
        "n => view.sent.filter(each => each.name === 'original').length >= n", arg=count
    )
    originals = [each for each in view.said("command") if each["name"] == "original"]
    assert len(originals) == count
    return originals[-1]


def give(
    view: PreviewPage,
    command: dict[str, Any],
    data: str | None = None,
    *,
    error: str | None = None,
) -> None:
    """Answer a command with an original."""
    answer = {"kind": "answer", "view": view.id, "id": command["id"], "error": error}
    if data is not None:
        answer["picture"] = shot(1, 0, 900)
    view.hear(answer, [data] if data else [])


def natural(view: PreviewPage, width: int) -> None:
    """Wait until the picture shown is so many pixels wide."""
    view.page.wait_for_function(
        "w => document.querySelector('.nbkit-full').naturalWidth === w", arg=width
    )


def test_the_picture_of_the_page_shows_at_once_and_the_original_when_it_has_come(preview: Open):
    view = preview()
    three(view)
    held = view.page.evaluate("view.held()")
    open_at(view, 0)
    natural(view, 64)
    command = asked(view, 1)
    assert (command["slot"], command["version"]) == ("image-1", 0)
    download = box(view).get_by_role("link", name="Download original")
    expect(download).to_have_attribute("aria-disabled", "true")
    give(view, command, picture("red", 900, 900))
    natural(view, 900)
    expect(download).to_have_attribute("download", "a-red-fox.png")
    assert view.page.evaluate("view.held()") == held + 1
    # It is let go when the dialog moves on, and when it closes.
    view.page.keyboard.press("ArrowRight")
    natural(view, 64)
    assert view.page.evaluate("view.held()") == held
    give(view, asked(view, 2), picture("gray", 900, 900))
    natural(view, 900)
    view.page.keyboard.press("Escape")
    expect(box(view)).to_be_hidden()
    view.page.wait_for_function("held => view.held() === held", arg=held)


def test_the_download_has_the_bytes_of_the_original(preview: Open, tmp_path: Path):
    view = preview()
    three(view, versions=2)
    open_at(view, 2)
    data = picture("navy", 900, 700)
    give(view, asked(view, 1), data)
    natural(view, 900)
    with view.page.expect_download() as download:
        box(view).get_by_role("link", name="Download original").click()
    assert download.value.suggested_filename == "a-blue-whale-under-the-pier-2.png"
    download.value.save_as(tmp_path / "it.png")
    assert (tmp_path / "it.png").read_bytes() == base64.b64decode(data)


def test_the_keys_go_through_all_pictures_in_text_order_and_no_further(preview: Open):
    view = preview(clock=True)
    three(view)
    dialog = open_at(view, 1)
    caption, said = dialog.locator(".nbkit-caption"), dialog.get_by_role("status")
    # A prompt is text, whatever stands in it.
    expect(caption).to_have_text(PROMPTS[1])
    expect(said).to_have_text("Image 2 of 3")
    for key, number in (
        ("ArrowRight", 3),
        ("ArrowRight", 3),
        ("Home", 1),
        ("ArrowLeft", 1),
        ("End", 3),
        ("ArrowLeft", 2),
    ):
        view.page.keyboard.press(key)
        expect(said).to_have_text(f"Image {number} of 3")
        expect(caption).to_have_text(PROMPTS[number - 1])
    following = dialog.get_by_role("button", name="Next image")
    following.click()
    expect(said).to_have_text("Image 3 of 3")
    expect(following).to_have_attribute("aria-disabled", "true")
    expect(following).to_be_focused()
    # Those that were passed over were never asked for.
    view.page.clock.run_for(1000)
    assert asked(view, 1)["slot"] == "image-3"


def test_a_picture_that_is_finished_meanwhile_joins(preview: Open):
    view = preview()
    three(view, finished=1)
    dialog = open_at(view, 0)
    place_ = dialog.locator(".nbkit-place")
    expect(place_).to_have_text("1 of 1")
    expect(dialog.get_by_role("button", name="Next image")).to_be_hidden()
    done = slot("image-3", "succeeded", prompt=PROMPTS[2], image=shot())
    view.frame(slots=[done], pictures=[picture("navy", 32, 32)], succeeded=2)
    expect(place_).to_have_text("1 of 2")
    view.page.keyboard.press("End")
    natural(view, 32)


def test_versions_are_chosen_and_a_new_one_is_shown_by_itself(preview: Open):
    view = preview(clock=True)
    three(view, versions=3)
    dialog = open_at(view, 0)
    versions = dialog.get_by_role("group", name="Versions")
    expect(versions).to_have_text("3/3")
    expect(dialog.get_by_role("status")).to_have_text("Image 1 of 3, version 3 of 3")
    view.page.clock.run_for(200)
    give(view, asked(view, 1), picture("red", 900, 900))
    natural(view, 900)
    view.page.keyboard.press("ArrowUp")
    chosen = [each for each in view.said("command") if each["name"] == "choose"]
    assert [(each["slot"], each["version"]) for each in chosen] == [("image-1", 1)]
    expect(versions).to_have_text("2/3")
    second = slot("image-1", "succeeded", prompt="a fox", versions=3, chosen=1, image=shot(2))
    view.frame(slots=[second], pictures=[picture("gold", 48, 48)], status="completed")
    natural(view, 48)
    expect(dialog.locator(".nbkit-caption")).to_have_text("a fox")
    view.page.clock.run_for(200)
    assert asked(view, 2)["version"] == 1
    new = slot("image-1", "succeeded", prompt="a fox", versions=4, chosen=3, image=shot(3))
    view.frame(slots=[new], pictures=[picture("pink", 40, 40)], status="completed")
    natural(view, 40)
    expect(versions).to_have_text("4/4")


def test_an_answer_that_comes_after_the_dialog_has_moved_on_shows_nothing(preview: Open):
    view = preview()
    three(view)
    held = view.page.evaluate("view.held()")
    open_at(view, 0)
    late = asked(view, 1)
    view.page.keyboard.press("ArrowRight")
    now = asked(view, 2)
    give(view, late, picture("red", 800, 800))
    give(view, now, picture("gray", 900, 900))
    natural(view, 900)
    assert view.page.evaluate("view.held()") == held + 1
    view.page.keyboard.press("Escape")
    view.page.wait_for_function("held => view.held() === held", arg=held)
    give(view, now, picture("gray", 900, 900))
    assert view.page.evaluate("view.held()") == held


def test_a_kernel_that_does_not_answer_leaves_the_smaller_copy_and_says_so(preview: Open):
    view = preview(clock=True)
    three(view)
    dialog = open_at(view, 0)
    note = dialog.locator(".nbkit-lightbox-note")
    view.page.clock.run_for(1000)
    command = asked(view, 1)
    expect(note).to_be_hidden()
    view.page.clock.run_for(4000)
    expect(note).to_contain_text("does not answer")
    expect(dialog.locator("img.nbkit-full")).to_be_visible()
    # The header of the view has nothing to say of it, and a late answer is taken.
    expect(view.find(".nbkit-note")).to_be_empty()
    give(view, command, picture("red", 900, 900))
    natural(view, 900)
    expect(note).to_be_hidden()


@pytest.mark.parametrize("bad", ["error", "nothing", "broken"])
def test_an_original_that_cannot_be_had_leaves_the_smaller_copy(preview: Open, bad: str):
    view = preview()
    three(view)
    held = view.page.evaluate("view.held()")
    dialog = open_at(view, 0)
    command = asked(view, 1)
    if bad == "error":
        give(view, command, error="image 'image-1' has no version 0")
    elif bad == "nothing":
        give(view, command)
    else:
        give(view, command, base64.b64encode(b"no picture").decode())
    said = {"error": "has no version 0", "nothing": "did not come", "broken": "cannot be shown"}
    note = dialog.locator(".nbkit-lightbox-note")
    expect(note).to_contain_text(said[bad])
    expect(note).to_contain_text("this is the smaller copy", ignore_case=True)
    natural(view, 64)
    assert view.page.evaluate("view.held()") == held
    expect(dialog.get_by_role("link")).to_have_attribute("aria-disabled", "true")


def test_a_kernel_that_goes_while_a_picture_is_looked_at_is_said(preview: Open):
    view = preview()
    three(view, versions=2)
    dialog = open_at(view, 0)
    view.page.evaluate(
        "document.querySelector('#host').classList.add('jupyter-widgets-disconnected')"
    )
    view.fire("comm:close")
    expect(dialog.locator(".nbkit-lightbox-note")).to_contain_text("does not answer")
    former = dialog.get_by_role("button", name="Former version")
    expect(former).to_have_attribute("aria-disabled", "true")


def test_the_focus_stays_within_and_goes_back_to_the_picture(preview: Open):
    view = preview()
    three(view)
    image = view.find("img.nbkit-picture").nth(1)
    for key in ("Enter", "Space"):
        image.focus()
        view.page.keyboard.press(key)
        expect(box(view)).to_be_visible()
        for _ in range(25):
            view.page.keyboard.press("Tab")
            assert view.page.evaluate(
                "document.activeElement === document.body ||"
                "!!document.activeElement.closest('dialog')"
            )
        view.page.keyboard.press("Escape")
        expect(box(view)).to_be_hidden()
        expect(image).to_be_focused()
    # After a click, the keys are the notebook's again.
    image.click()
    view.page.keyboard.press("Escape")
    expect(box(view)).to_be_hidden()
    expect(image).not_to_be_focused()


def test_zoom_by_keys_wheel_and_double_click_and_the_picture_is_dragged(preview: Open):
    view = preview()
    three(view)
    dialog = open_at(view, 0)
    give(view, asked(view, 1), picture("red", 900, 900))
    natural(view, 900)
    percent = dialog.locator(".nbkit-percent")
    expect(percent).to_have_text("100 %")
    view.page.keyboard.press("+")
    view.page.keyboard.press("+")
    expect(percent).to_have_text("156 %")
    view.page.keyboard.press("-")
    expect(percent).to_have_text("125 %")
    view.page.keyboard.press("0")
    expect(percent).to_have_text("100 %")
    dialog.get_by_role("button", name="Zoom in").click()
    expect(percent).to_have_text("125 %")
    percent.click()
    expect(percent).to_have_text("100 %")
    full = dialog.locator("img.nbkit-full")
    middle = "i => { const r = i.getBoundingClientRect(); return [r.x + r.width / 2, r.width]; }"
    x, _ = full.evaluate(middle)
    full.dblclick()
    expect(percent).to_have_text("250 %")
    stage = dialog.locator(".nbkit-stage").bounding_box()
    assert stage is not None
    centre = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    view.page.mouse.move(*centre)
    view.page.mouse.wheel(0, -400)
    expect(percent).not_to_have_text("250 %")
    view.page.keyboard.press("0")
    for _ in range(9):
        view.page.keyboard.press("+")
    view.page.mouse.down()
    view.page.mouse.move(centre[0] - 80, centre[1], steps=4)
    view.page.mouse.up()
    moved, width = full.evaluate(middle)
    assert abs(moved - (x - 80)) < 2
    assert width > stage["width"]
    # A drag that ends beside nothing closes nothing, and another picture begins as it fits.
    expect(dialog).to_be_visible()
    view.page.keyboard.press("ArrowRight")
    expect(percent).to_have_text("100 %")
    view.page.mouse.click(stage["x"] + 3, stage["y"] + 3)
    expect(dialog).to_be_hidden()


def test_two_fingers_zoom(preview: Open):
    view = preview(has_touch=True)
    three(view)
    dialog = open_at(view, 0)
    percent = dialog.locator(".nbkit-percent")
    expect(percent).to_have_text("100 %")
    touch = view.page.context.new_cdp_session(view.page)
    for kind, apart in (
        ("touchStart", 40),
        ("touchMove", 70),
        ("touchMove", 100),
        ("touchMove", 120),
        ("touchEnd", None),
    ):
        points = (
            []
            if apart is None
            else [
                {"x": 400 + side * apart / 2, "y": 350, "id": n} for n, side in enumerate((-1, 1))
            ]
        )
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(percent).to_have_text("300 %")
    expect(dialog).to_be_visible()


@pytest.mark.parametrize("allowed", [True, False])
def test_the_prompt_is_copied_with_and_without_the_clipboards_own_interface(
    preview: Open, allowed: bool
):
    view = preview(clock=True, permissions=["clipboard-read", "clipboard-write"])
    three(view)
    if not allowed:
        view.page.evaluate(
            "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
        )
    dialog = open_at(view, 1)
    button = dialog.get_by_role("button", name="Copy prompt")
    button.click()
    expect(dialog.locator(".nbkit-thanks")).to_have_text("Copied")
    expect(dialog.get_by_role("status")).to_have_text("Copied")
    assert view.page.evaluate("navigator.clipboard.readText()") == PROMPTS[1]
    expect(button).to_be_focused()


def test_a_view_that_is_looked_at_is_not_frozen_until_it_is_closed(preview: Open):
    view = preview(clock=True)
    three(view)
    said = open_at(view, 0).locator("[role=status]")
    view.page.mouse.move(0, 0)
    view.page.clock.run_for(60_000)
    assert view.said("idle") == []
    view.page.keyboard.press("Escape")
    # The browser says a little later that a dialog is closed: from then on it counts.
    expect(said).to_be_empty()
    view.page.clock.run_for(60_000)
    assert len(view.said("idle")) == 1


def test_a_view_that_is_taken_away_takes_its_lightbox_with_it(preview: Open):
    view = preview()
    three(view)
    open_at(view, 0)
    give(view, asked(view, 1), picture("red", 900, 900))
    natural(view, 900)
    view.unmount()
    expect(view.page.locator("dialog")).to_have_count(0)
    assert view.page.evaluate("view.held()") == 0


def test_with_reduced_motion_nothing_moves(preview: Open):
    view = preview(reduced_motion="reduce")
    three(view)
    expect(open_at(view, 0)).to_have_css("animation-name", "none")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_lightbox_looks_right(preview: Open, theme: str):
    view = preview(color_scheme=theme)
    view.page.evaluate("t => { document.body.dataset.jpThemeLight = String(t === 'light') }", theme)
    view.page.set_viewport_size({"width": 1200, "height": 820})
    prompt = "A red fox asleep under a lantern, snow falling, a pine wood behind, seen from afar"
    fox, other = painted(prompt, 7, 768), painted("a blue whale under the pier", 2, 512)
    view.frame(
        put(0, f"<p>{place('image-1')} {place('image-2')}</p>"),
        slots=[
            slot(
                "image-1",
                "succeeded",
                prompt=prompt,
                versions=3,
                chosen=1,
                image=shot(1, 0, 768),
            ),
            slot("image-2", "succeeded", prompt=PROMPTS[2], image=shot(1, 1, 512)),
        ],
        pictures=[fox, other],
        status="completed",
        succeeded=4,
    )
    dialog = open_at(view, 0)
    give(view, asked(view, 1), fox)
    expect(dialog.get_by_role("link")).to_have_attribute("aria-disabled", "false")
    view.page.screenshot(path=OUTPUT / f"lightbox-{theme}.png", animations="disabled")
    view.page.keyboard.press("ArrowRight")
    give(view, asked(view, 2), error="the image is no longer stored")
    dialog.get_by_role("button", name="Copy prompt").focus()
    expect(dialog.locator(".nbkit-lightbox-note")).to_be_visible()
    view.page.screenshot(path=OUTPUT / f"lightbox-note-{theme}.png", animations="disabled")
    view.page.set_viewport_size({"width": 420, "height": 760})
    view.page.screenshot(path=OUTPUT / f"lightbox-narrow-{theme}.png", animations="disabled")
    background = dialog.evaluate("d => getComputedStyle(d).backgroundColor")
    dark = sum(map(int, background.strip("rgba()").replace(" ", "").split(",")[:3])) < 384
    assert dark == (theme == "dark")
