"""What becomes of clicks and questions when the kernel goes, or its connection does for a while."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser.view_page import PreviewPage, header, picture, place, put, shot, slot
from playwright.sync_api import Browser, expect


@pytest.fixture
def view(chromium: Browser) -> Iterator[PreviewPage]:
    """A view with one picture, in a page whose clock the test moves."""
    page = PreviewPage(chromium, clock=True)
    block = put(0, f"<p>{place()}</p>")
    page.frame(block, slots=[slot(status="succeeded", image=shot())], pictures=[picture()])
    page.snapshot(block, running=1)
    yield page
    page.close()


def lose(view: PreviewPage, *, lost: bool = True) -> None:
    mark = "document.querySelector('#host').classList.toggle('jupyter-widgets-disconnected', LOST)"
    view.page.evaluate(mark.replace("LOST", str(lost).lower()))
    view.fire("comm_live_update")


def test_a_click_that_a_kernel_took_along_is_no_longer_waited_for(view: PreviewPage):
    stop = view.find("button").get_by_text("Stop")
    stop.click()
    view.page.clock.run_for(4000)
    expect(view.find(".nbkit-note")).to_contain_text("kernel is busy")
    lose(view)
    expect(view.find(".nbkit-state")).to_have_text("Disconnected")
    expect(view.find(".nbkit-note")).to_be_empty()
    expect(stop).not_to_have_attribute("aria-busy", "true")
    view.page.clock.run_for(4000)
    expect(view.find(".nbkit-note")).to_be_empty()


def test_a_prompt_that_a_kernel_took_along_can_be_sent_again(view: PreviewPage):
    view.find("[aria-label='Edit prompt…']").click()
    form = view.find(".nbkit-form")
    form.locator("textarea").fill("a fox at night")
    form.get_by_role("button", name="Generate").click()
    lose(view)
    expect(form.locator(".nbkit-form-error")).to_have_text("the kernel is gone")
    expect(form.locator("textarea")).to_have_value("a fox at night")
    lose(view, lost=False)
    view.hear(
        {
            "kind": "snapshot",
            "view": view.id,
            "seq": 1,
            "header": header(),
            "ops": None,
            "slots": [],
        }
    )
    form.get_by_role("button", name="Generate").click()
    assert [each["prompt"] for each in view.said("command")] == ["a fox at night"] * 2


def test_a_view_whose_connection_is_back_asks_again_until_it_is_answered(view: PreviewPage):
    asked = len(view.said("ready"))
    lose(view, lost=False)
    expect(view.find(".nbkit-state")).to_have_text("Waiting for the kernel")
    assert len(view.said("ready")) == asked + 1
    view.page.clock.run_for(60_000)
    assert len(view.said("ready")) == asked + 3
    view.snapshot(put(0, f"<p>{place()}</p>"))
    expect(view.find(".nbkit-state")).to_have_text("Writing")
