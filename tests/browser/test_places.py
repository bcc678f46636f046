"""Live views in a page's outputs, without a notebook: how they come, and that they go with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from nbkit.widgets.scripts import script

HOST = """
let observers = 0;
const Observer = globalThis.MutationObserver;
globalThis.MutationObserver = class extends Observer {
  constructor(callback) { super(callback); observers++; }
};
let modules = 0;
const host = {
  sent: [], made: 0, removed: 0, held: new Map(), ends: [],
  observers: () => observers,
  async open(places, hangs = false) {
    // Each model of a widget gets a module of its own.
    const widget = (await import(`/places.js?${++modules}`)).default;
    const handlers = new Set();
    const manager = {
      get_model: async (id) => id,
      create_view: (id) => hangs ? new Promise(() => {}) : Promise.resolve({
        made: host.made++,
        el: Object.assign(document.createElement("p"), { className: "live", textContent: id }),
        remove() { host.removed++; },
        trigger() {},
      }),
      context: { model: { cells: [] } },
    };
    const end = widget.initialize({ model: {
      get: () => places, send: (content) => host.sent.push(structuredClone(content)),
      on: (_, handler) => handlers.add(handler), off: (_, handler) => handlers.delete(handler),
      widget_manager: manager,
    } });
    host.ends.push(end);
    host.hear = (message) => handlers.forEach((handler) => handler(message));
  },
  output(place, revision) {
    const html = `<div class="${place} nbkit-revision-${revision}">so far</div>`;
    document.querySelector("#outputs").insertAdjacentHTML("beforeend",
      `<div class="jp-OutputArea-child"><div class="jp-OutputArea-output">${html}</div></div>`);
  },
};
globalThis.host = host;
"""
BODY = """<!doctype html><body><div class="jp-Cell"><div id="outputs"></div></div>
<script type="module" src="/host.js"></script>"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page with one cell."""

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix("https://page.test").partition("?")[0]
        files = {"/": ("html", BODY), "/host.js": ("javascript", HOST)}
        files["/places.js"] = "javascript", script("places.js")
        kind, body = files.get(path, ("plain", ""))
        route.fulfill(body=body, content_type=f"text/{kind}")

    context = chromium.new_context()
    page = context.new_page()
    page.route("**/*", serve)
    page.clock.install()
    page.goto("https://page.test/")
    page.wait_for_function("globalThis.host")
    yield page
    context.close()


def said(page: Page) -> list[dict[str, Any]]:
    return page.evaluate("host.sent")


def test_a_page_has_one_observer_however_many_sessions_there_are(page: Page):
    counts = []
    for number in range(5):
        page.evaluate("n => host.open({[`nbkit-${n}`]: `model-${n}`})", number)
        counts.append(page.evaluate("host.observers()"))
    assert counts[0] == counts[-1]
    page.evaluate("host.output('nbkit-3', 1)")
    page.wait_for_selector("text=model-3")
    page.evaluate("host.ends.forEach((end) => end())")
    assert page.locator(".live").count() == 0
    page.evaluate("host.open({'nbkit-9': 'model-9'})")
    page.evaluate("host.output('nbkit-9', 1)")
    page.wait_for_selector("text=model-9")


def test_a_view_goes_with_the_output_that_is_cleared(page: Page):
    page.evaluate("host.open({'nbkit-a': 'model-a'})")
    page.evaluate("host.output('nbkit-a', 1)")
    page.wait_for_selector(".live")
    page.evaluate("document.querySelector('#outputs').replaceChildren()")
    page.wait_for_function("host.removed === 1")


def test_a_view_stays_with_a_cell_that_is_only_out_of_sight(page: Page):
    page.evaluate("host.open({'nbkit-a': 'model-a'})")
    page.evaluate("host.output('nbkit-a', 1)")
    page.wait_for_selector(".live")
    page.evaluate("(globalThis.cell = document.querySelector('.jp-Cell')).remove()")
    page.evaluate("document.body.append(cell)")
    page.wait_for_selector(".live")
    assert page.evaluate("host.removed") == 0
    assert page.locator(".live").count() == 1
    assert not page.locator(".jp-OutputArea-output").first.is_visible()


def test_a_copy_that_has_no_output_any_more_is_not_sent_for_again(page: Page):
    page.evaluate("host.open({'nbkit-a': 'model-a'})")
    page.evaluate("host.output('nbkit-a', 3)")
    page.wait_for_selector(".live")
    page.evaluate("document.querySelector('#outputs').replaceChildren()")
    html = '<div class="nbkit-a nbkit-revision-7">all</div>'
    message = {"kind": "keep", "copies": {"nbkit-a": {"html": html, "text": "all"}}}
    page.evaluate("m => host.hear(m)", message)
    page.evaluate("host.hear({kind: 'ping'})")
    told = {"kind": "here", "asked": True, "revisions": {"nbkit-a": 7}, "keeps": []}
    assert said(page)[-1].items() > told.items()


def test_a_view_that_does_not_come_leaves_the_copy_in_sight(page: Page):
    page.evaluate("host.open({'nbkit-a': 'model-a'}, true)")
    page.evaluate("host.output('nbkit-a', 1)")
    page.wait_for_function("document.querySelector('.jp-OutputArea-output').style.display")
    page.clock.run_for(5000)
    assert page.get_by_text("so far").is_visible()


def test_two_hosts_of_one_kernel_show_one_view_and_the_other_takes_over(page: Page):
    for _ in range(2):  # a notebook, and a console beside it
        page.evaluate("host.open({'nbkit-a': 'model-a'})")
    page.evaluate("host.output('nbkit-a', 1)")
    page.wait_for_selector(".live")
    page.evaluate("host.output('nbkit-b', 1)")
    assert page.locator(".live").count() == 1
    page.evaluate("host.ends[0]()")
    page.wait_for_function("host.made === 2")
    assert page.locator(".live").count() == 1
    page.evaluate("host.ends[1]()")
    assert page.locator(".live").count() == 0
    assert page.get_by_text("so far").first.is_visible()
