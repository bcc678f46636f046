"""What a hostile text does in a page, if it does anything: scripts, requests, elements, moves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Dialog, Page

_HERE = Path(__file__).parent
_PARTS = [(_HERE / name).read_text("utf-8") for name in ("allowed.js", "watch.js")]
SCRIPT = "\n".join(["(() => {", *_PARTS, "})();"])

POLICY = {
    "content-security-policy-report-only": "default-src 'none';"
    " script-src https://page.test/ 'report-sample';"
    " style-src https://page.test/ 'unsafe-inline';"
    " img-src blob: data: https://page.test/favicon.ico; base-uri 'none'; form-action 'none'"
}
"""Headers of a watched page: all that it may do, what else is tried is told and not prevented."""


class Watch:
    """Watches a page, from when it is blank.

    Parameters
    ----------
    page
        A page that has not been anywhere yet.
    own
        The addresses that the page itself asks for.
    alone
        Whether nothing else may be fetched, by the page or by one that it opens.

    Attributes
    ----------
    deeds
        What was done outside the page's own sight, in words.
    """

    def __init__(self, page: Page, *, own: Collection[str] = (), alone: bool = True) -> None:
        self.page = page
        self.deeds: list[str] = []
        self._own = {*own, "about:blank"}
        self._asked: list[str] = []
        page.add_init_script(script=SCRIPT)
        page.on("request", lambda request: self._asked.append(request.url))
        page.on("websocket", lambda socket: self._asked.append(socket.url))
        page.on("dialog", self._dialog)
        page.on("console", lambda message: self._note("console", message.text))
        page.on("pageerror", lambda error: self._note("error", error.message))
        page.on("download", lambda download: self._note("download", download.url))
        page.on("worker", lambda worker: self._note("worker", worker.url))
        page.on("filechooser", lambda _: self._note("filechooser", ""))
        page.on("frameattached", lambda frame: self._note("frame", frame.name))
        page.on("crash", lambda _: self._note("crash", ""))
        if alone:
            page.context.route("**/*", lambda route: route.abort())
        self._listen_below()

    def _listen_below(self) -> None:
        """Hear it from the browser's own protocol as well, which tells of more."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Page.enable")
        session.on("Network.requestWillBeSent", lambda e: self._asked.append(e["request"]["url"]))
        for event in ("Network.webSocketCreated", "Network.webTransportCreated"):
            session.on(event, lambda e: self._asked.append(e["url"]))
        session.on("Page.frameRequestedNavigation", lambda e: self._note("navigation", e["url"]))

    def begin(self, kind: Literal["live", "static"], within: str, own: Iterable[str] = ()) -> None:
        """Look at the elements below a selector from now on.

        ``own`` are the names that the page's scripts have put into its window.
        """
        self.page.evaluate(
            "([kind, within, own]) => nbkitWatch.begin(kind, within, own)",
            [kind, within, list(own)],
        )

    def poke(self) -> None:
        """Do with every element what a reader may, but follow no link."""
        self.page.evaluate("nbkitWatch.poke()")

    def seen(self, *, beside: Collection[str] = ()) -> list[str]:
        """Give what has been done that may not be, requests that leave among it.

        Each begins with its kind; deeds and kinds of them that are ``beside`` the point are not
        told: the page's own life.
        """
        done = self.page.evaluate("nbkitWatch.end()")
        asked = {url for url in self._asked if not url.startswith(("data:", "blob:"))}
        left = [f"request: {url}" for url in sorted(asked - self._own)]
        found = [*self.deeds, *done, *left]
        return [deed for deed in found if not {deed, deed.partition(":")[0]} & set(beside)]

    @property
    def counted(self) -> int:
        """How many elements were looked at."""
        return int(self.page.evaluate("nbkitWatch.counted"))

    def _note(self, what: str, more: str) -> None:
        self.deeds.append(f"{what}: {more[:300]}")

    def _dialog(self, dialog: Dialog) -> None:
        self._note("dialog", dialog.message)
        dialog.dismiss()
