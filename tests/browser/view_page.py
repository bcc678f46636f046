"""A page with one widget's script in it and a model that a test speaks for: no JupyterLab."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route

from nbkit.images import resolve_backend
from nbkit.models import ImageRequest
from nbkit.widgets.scripts import script, style

ORIGIN = "https://page.test"
VIEW = Path(__file__).parent / "view_page.js"
NOW = 86_400  # seconds: later than a page can have taken to load
HTML = """<!doctype html><html><head><meta charset="utf-8">
<link rel="stylesheet" href="/NAME.css"><style>body { margin: 0; padding: 16px }</style></head>
<body data-jp-theme-light="true"><div id="host"></div>
<script type="module" src="/view_page.js?NAME"></script></body></html>"""


def picture(colour: str = "teal", width: int = 64, height: int = 64) -> str:
    """A PNG as Base64."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def painted(prompt: str, seed: int = 1, side: int = 512) -> str:
    """What the embedded painter makes of a prompt, as Base64."""
    request = ImageRequest(prompt, seed=seed, width=side, height=side)
    with ThreadPoolExecutor(1) as thread:  # this one's loop is Playwright's
        made = thread.submit(
            lambda: asyncio.run(
                resolve_backend("sketch?duration=0").generate(request, on_preview=lambda _: None)
            )
        )
        return base64.b64encode(made.result().data).decode()


class ViewPage:
    """One widget's view; the test is its kernel.

    ``before`` gets the page while it is still blank, ``headers`` come with the page. With ``clock``
    the page's time stands still but for the test's ``page.clock.run_for``.
    """

    def __init__(
        self,
        browser: Browser,
        name: str,
        *,
        mount: bool = True,
        clock: bool = False,
        before: Callable[[Page], None] | None = None,
        headers: dict[str, str] | None = None,
        **context: Any,
    ) -> None:
        self.name = name
        self.headers = headers or {}
        self.seq = 0
        self.errors: list[str] = []
        self._context = browser.new_context(viewport={"width": 820, "height": 700}, **context)
        self.page = self._context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )
        self.page.route("**/*", self._serve)
        if before is not None:
            before(self.page)
        if clock:
            self.page.clock.install(time=0)
        self.page.goto(f"{ORIGIN}/")
        # Not by a function: the page would evaluate a string, which some tests watch for.
        self.page.locator("html.view-is-there").wait_for(state="attached")
        if clock:
            # What is installed runs on: the test's own time would be added to what it says.
            self.page.clock.pause_at(NOW)
        if mount:
            self.mount()

    def _serve(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
        if path == "/":
            body = HTML.replace("NAME", self.name)
            route.fulfill(body=body, headers={"content-type": "text/html", **self.headers})
        elif path == "/view_page.js":
            route.fulfill(body=VIEW.read_text(), content_type="text/javascript")
        elif path == f"/{self.name}.js":
            route.fulfill(body=script(path[1:]), content_type="text/javascript")
        elif path == f"/{self.name}.css":
            route.fulfill(body=style(path[1:]), content_type="text/css")
        else:
            route.fulfill(status=404)

    def mount(self) -> None:
        """Show the view."""
        self.page.evaluate("view.mount()")

    def unmount(self) -> None:
        """Take the view away."""
        self.page.evaluate("view.unmount()")

    def hear(self, message: dict[str, Any], pictures: list[str] | None = None) -> None:
        """Let the page hear a message of the kernel."""
        self.page.evaluate("([m, p]) => view.hear(m, p)", [message, pictures or []])

    def fire(self, event: str) -> None:
        """Let the model's host say something of the connection."""
        self.page.evaluate("name => view.fire(name)", event)

    def said(self, *kinds: str) -> list[dict[str, Any]]:
        """What the page has sent to the kernel, of these kinds."""
        sent: list[dict[str, Any]] = self.page.evaluate("view.sent")
        return [each for each in sent if not kinds or each["kind"] in kinds]

    @property
    def id(self) -> str:
        """The name that the view chose."""
        return str(self.said("ready")[-1]["view"])

    def find(self, selector: str) -> Locator:
        """Locate within the view."""
        return self.page.locator("#host").locator(selector)

    def close(self) -> None:
        """Close the page; an error in its console fails the test."""
        self._context.close()
        assert self.errors == []


def header(status: str = "running", **more: Any) -> dict[str, Any]:
    """A session's header; tasks by their state as keywords."""
    own = ("writing", "paused", "elapsed", "error", "remark")
    states = ["queued", "waiting", "running", "retrying", "succeeded", "failed", "cancelled"]
    counts = {state: more.get(state, 0) for state in states}
    return {
        "status": status,
        "writing": status == "running",
        "paused": False,
        "elapsed": 0.0,
        "error": None,
        "remark": None,
        **{key: value for key, value in more.items() if key in own},
        "counts": {**counts, "total": sum(counts.values())},
    }


def slot(name: str = "image-1", status: str = "queued", **more: Any) -> dict[str, Any]:
    """A slot's state."""
    return {
        "id": name,
        "status": status,
        "prompt": "a fox",
        "task_prompt": None,
        "reason": "",
        "remaining": None,
        "attempt": 0,
        "max_attempts": None,
        "fraction": None,
        "step": None,
        "steps": None,
        "error": None,
        "width": 0,
        "height": 0,
        "versions": 1 if more.get("image") else 0,
        "chosen": 0,
        "image": None,
        "preview": None,
        **more,
    }


def place(name: str = "image-1") -> str:
    """A slot's place as the renderer writes it."""
    return f'<span class="nbkit-slot" data-nbkit-slot="{name}"></span>'


def shot(version: int = 1, buffer: int | None = 0, size: int = 64) -> dict[str, Any]:
    """A picture that comes with a message."""
    return {
        "version": version,
        "type": "image/png",
        "width": size,
        "height": size,
        "buffer": buffer,
    }


def put(key: int, html: str) -> dict[str, Any]:
    """Set a block."""
    return {"op": "put", "key": key, "html": html}


class PreviewPage(ViewPage):
    """The preview's view."""

    def __init__(self, browser: Browser, **more: Any) -> None:
        super().__init__(browser, "preview", **more)

    def frame(
        self,
        *ops: dict[str, Any],
        slots: list[dict[str, Any]] | None = None,
        pictures: list[str] | None = None,
        **head: Any,
    ) -> None:
        """Send the next frame."""
        self.seq += 1
        self.hear(
            {
                "kind": "frame",
                "seq": self.seq,
                "header": header(**head),
                "ops": list(ops),
                "slots": slots or [],
            },
            pictures,
        )

    def snapshot(self, *ops: dict[str, Any], **head: Any) -> None:
        """Answer the view's question."""
        self.hear(
            {
                "kind": "snapshot",
                "view": self.id,
                "seq": self.seq,
                "header": header(**head),
                "ops": list(ops),
                "slots": [],
            }
        )


class ProgressPage(ViewPage):
    """The progress widget's view."""

    def __init__(self, browser: Browser, **more: Any) -> None:
        super().__init__(browser, "progress", **more)

    def rows(
        self,
        *rows: dict[str, Any],
        gone: list[str] | None = None,
        thumbnails: list[dict[str, Any]] | None = None,
        pictures: list[str] | None = None,
        to_view: bool = False,
        whole: bool = False,
    ) -> None:
        """Send the next message; ``to_view`` sends it to this view alone, in full."""
        self.seq += 0 if to_view else 1
        self.hear(
            {
                "kind": "rows",
                "view": self.id if to_view else None,
                "whole": whole,
                "seq": self.seq,
                "rows": list(rows),
                "gone": gone or [],
                "thumbnails": thumbnails or [],
            },
            pictures,
        )


def row(message: int, **more: Any) -> dict[str, Any]:
    """A row's state; tasks by their state as keywords."""
    states = ["queued", "waiting", "running", "retrying", "succeeded", "failed", "cancelled"]
    counts = {state: more.pop(state, 0) for state in states}
    return {
        "row": f"int:{message}",
        "place": message,
        "label": f"Message {message}",
        "about": "a fox",
        "eta": None,
        "elapsed": 3.0,
        "strip": [],
        "order": None,
        "tasks": None,
        "more": None,
        **more,
        "counts": {**counts, "total": sum(counts.values())},
    }
