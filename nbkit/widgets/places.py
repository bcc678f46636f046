"""Live views beside static outputs: the notebook saves the HTML, a person sees the view."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypedDict

import anywidget
import traitlets

from nbkit.widgets.cadence import Cadence
from nbkit.widgets.library import borrow
from nbkit.widgets.scripts import script


class Here(TypedDict):
    """A page answers a ping, or says that it has got HTML: the number of the newest, by place."""

    kind: Literal["here"]
    asked: bool
    revisions: dict[str, int]


class Word(TypedDict):
    """Asks every page to answer, or says that the views are over and the HTML is all there is."""

    kind: Literal["ping", "over"]


class Keep(TypedDict):
    """The newest copy of a place, for a page that no longer knows which output it is for."""

    kind: Literal["keep"]
    place: str
    html: str
    text: str


class Host(Protocol):
    """Whose places they are."""

    def here(self, revisions: Mapping[str, int], *, asked: bool) -> None:
        """Take in, on the loop, what a page has got; ``asked`` where it answers a ping."""
        ...


def wrap(place: str, revision: int, html: str) -> str:
    """Mark HTML as the output that a place stands in."""
    return f'<div class="{place} nbkit-revision-{revision}">{html}</div>'


class Places(anywidget.AnyWidget):
    """Shows widgets where the outputs of a page hold the HTML that was wrapped for their places.

    It is displayed nowhere: a page looks for its places as soon as it knows of the model, which in
    a page that was loaded anew the kernel tells it. Its host is held weakly, and takes it along.
    """

    _esm = script("places.js")
    places = traitlets.Dict(help="The model id of the widget in each place; never changed.").tag(
        sync=True
    )

    def __init__(self, places: Mapping[str, str], host: Host) -> None:
        self._cadence = Cadence(lambda: None)
        self._host = weakref.ref(host)
        weakref.finalize(host, self._cadence.hop, self.close).atexit = False
        self._closed = False
        self._esm = borrow("places")
        super().__init__(places=dict(places))
        self.on_msg(self._receive)

    def ping(self) -> None:
        """Ask the pages to answer."""
        self.send(Word(kind="ping"))

    def end(self) -> None:
        """Have the pages take the views away; they go on saying what HTML they have."""
        self.send(Word(kind="over"))

    def keep(self, place: str, bundle: Mapping[str, Any]) -> None:
        """Have the pages put a copy into the output of a place."""
        html, text = bundle["text/html"], bundle["text/plain"]
        self.send(Keep(kind="keep", place=place, html=html, text=text))

    def close(self) -> None:
        """Take the views away: the HTML shows again."""
        self._closed = True
        self._cadence.stop()
        super().close()

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        if isinstance(content, Mapping) and content.get("kind") == "here":
            self._cadence.hop(self._here, content.get("revisions"), content.get("asked") is True)

    def _here(self, revisions: Any, asked: bool) -> None:
        if not self._closed and isinstance(revisions, Mapping):
            numbers = {str(place): n for place, n in revisions.items() if type(n) is int}
            host = self._host()
            if host is not None:
                host.here(numbers, asked=asked)
