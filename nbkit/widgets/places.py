"""Live views beside static outputs: the notebook saves the HTML, a person sees the view."""

from __future__ import annotations

import weakref
from collections.abc import Collection, Mapping
from typing import Any, Literal, Protocol, TypedDict

import traitlets

from nbkit.widgets.cadence import Cadence
from nbkit.widgets.library import LeanWidget, borrow
from nbkit.widgets.packing import pack
from nbkit.widgets.scripts import script


class Here(TypedDict):
    """A page answers a ping, or says that it has got HTML: the number of the newest, by place.

    ``page`` is its name for itself; ``keeps`` are the places whose outputs it can change by itself.
    """

    kind: Literal["here"]
    page: str
    asked: bool
    revisions: dict[str, int]
    keeps: list[str]


class Word(TypedDict):
    """Asks every page to answer, or says that the views are over and the HTML is all there is."""

    kind: Literal["ping", "over"]


class Copy(TypedDict):
    """What an output holds."""

    html: str
    text: str


class Keep(TypedDict):
    """The newest copies, by place, for a page that finds the outputs by what is in them.

    It may be packed (:mod:`nbkit.widgets.packing`).
    """

    kind: Literal["keep"]
    copies: dict[str, Copy]


class Host(Protocol):
    """Whose places they are."""

    def here(
        self, revisions: Mapping[str, int], *, asked: bool, page: str, keeps: Collection[str]
    ) -> None:
        """Take in, on the loop, what a page has got; ``asked`` where it answers a ping."""
        ...


def wrap(place: str, revision: int, html: str) -> str:
    """Mark HTML as the output that a place stands in."""
    return f'<div class="{place} nbkit-revision-{revision}">{html}</div>'


class Places(LeanWidget):
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

    def keep(self, bundles: Mapping[str, Mapping[str, Any]]) -> None:
        """Have the pages put copies into the outputs of places."""
        copies = {
            place: Copy(html=bundle["text/html"], text=bundle["text/plain"])
            for place, bundle in bundles.items()
        }
        size = sum(len(copy["html"]) + len(copy["text"]) for copy in copies.values())
        buffers: list[bytes] = []
        message = pack(Keep(kind="keep", copies=copies), buffers, size=size)
        self.send(message, buffers)

    def close(self) -> None:
        """Take the views away: the HTML shows again."""
        self._closed = True
        self._cadence.stop()
        self.end()  # heard once a page has loaded this, and what comes behind it is as well
        super().close()

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        if isinstance(content, Mapping) and content.get("kind") == "here":
            self._cadence.hop(self._here, content)

    def _here(self, content: Mapping[str, Any]) -> None:
        revisions, keeps = content.get("revisions"), content.get("keeps")
        host = self._host()
        if self._closed or host is None or not isinstance(revisions, Mapping):
            return
        host.here(
            {str(place): n for place, n in revisions.items() if type(n) is int},
            asked=content.get("asked") is True,
            page=str(content.get("page")),
            keeps=[str(place) for place in keeps] if isinstance(keeps, list) else [],
        )
