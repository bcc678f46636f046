"""Pages in which hostile texts are shown, each with somebody who watches."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from browser.view_page import ORIGIN, PreviewPage, ProgressPage, header, picture
from browser.watch import POLICY, Watch
from injections import replies
from playwright.sync_api import Browser, Route

import nbkit
from nbkit.story import Story

PNG = base64.b64decode(picture())


def addresses(name: str) -> list[str]:
    """Give what the page of a widget asks for by itself."""
    own = ("", "view_page.js", f"view_page.js?{name}", f"{name}.js", f"{name}.css", "favicon.ico")
    return [f"{ORIGIN}/{each}" for each in own]


class Reading(PreviewPage):
    """A watched view in which one reply after the other streams."""

    def __init__(self, browser: Browser) -> None:
        super().__init__(browser, before=self._watch, headers=POLICY, reduced_motion="reduce")
        self.frame()
        self.watch.begin("live", ".nbkit-preview, .nbkit-lightbox", ["view"])

    def _watch(self, page: Any) -> None:
        self.watch = Watch(page, own=addresses("preview"))

    def stream(self, deltas: Iterable[str]) -> None:
        """Let a reply stream in, in the place of the one before."""
        story = Story()
        revision = 0
        messages: list[dict[str, Any]] = []

        def show() -> None:
            nonlocal revision
            changes = story.changes(revision)
            revision = changes.revision
            if not messages or changes.ops:
                messages.append(self.message(not messages, changes.ops))

        for delta in deltas:
            story.append(delta)
            show()
        story.end()
        while story.highlight(1.0):
            pass
        show()
        # Between two messages the watcher has its turn.
        self.page.evaluate(
            "async all => { for (const one of all) { view.hear(one, []); await 0; } }", messages
        )

    def message(
        self, whole: bool, ops: Sequence[Any], slots: Sequence[Any] = (), **head: Any
    ) -> dict[str, Any]:
        """Give the next message: a frame, or the whole of another reply."""
        self.seq += 1
        kind = {"kind": "snapshot", "view": self.id} if whole else {"kind": "frame"}
        more = {"header": header(**head), "ops": list(ops), "slots": list(slots)}
        return {**kind, "seq": self.seq, **more}


class Counting(ProgressPage):
    """A watched view of the progress."""

    def __init__(self, browser: Browser) -> None:
        super().__init__(browser, before=self._watch, headers=POLICY)
        self.watch.begin("live", ".nbkit-progress", ["view"])

    def _watch(self, page: Any) -> None:
        self.watch = Watch(page, own=addresses("progress"))


class Still:
    """A watched page of HTML that stays as it is."""

    def __init__(self, browser: Browser, html: str, *, own: Sequence[str] = ()) -> None:
        context = browser.new_context()
        self.page = context.new_page()
        self.url = f"{ORIGIN}/still.html"
        self.watch = Watch(self.page, own=[self.url, f"{ORIGIN}/favicon.ico", *own])

        def serve(route: Route) -> None:
            mine = route.request.url == self.url
            if mine:
                route.fulfill(body=html, headers={"content-type": "text/html", **POLICY})
            else:
                route.abort()

        self.page.route("**/*", serve)
        # What a page does by itself may come a moment after it has been loaded.
        self.page.goto(self.url, wait_until="networkidle")

    def close(self) -> None:
        self.page.context.close()


def deltas(texts: Sequence[str], every: int) -> list[str]:
    """Give a reply that is made of these; ``every`` so many of them, one is a prompt, twice."""
    found: list[str] = []
    for number, reply in enumerate(replies(texts, every)):
        prompt = texts[every * number]
        found += [reply, f"\n\n⟦{prompt}⟧ beside ⟦{prompt}⟧\n\n"]
    return found


async def make(prompt: str) -> bytes:
    """Be an image server that fails every other time, and says the prompt again."""
    if len(prompt) % 2:
        raise RuntimeError(prompt)
    return PNG


def told(texts: Sequence[str]) -> nbkit.Session:
    """Run a session with such a reply and such a server."""

    async def run() -> nbkit.Session:
        return await nbkit.illustrate(
            deltas(texts, 4),
            images=make,
            patterns=["(?s)⟦(.*?)⟧"],
            retries=0,
            max_concurrency=50,
            preview=False,
            progress=False,
        )

    with ThreadPoolExecutor(1) as thread:  # this one's loop is Playwright's
        return thread.submit(lambda: asyncio.run(run())).result()
