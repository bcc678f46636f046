"""The widgets' scripts, sent to a page once and not with each widget."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TypedDict

import anywidget
import traitlets

from nbkit.widgets.scripts import read, script, style

_PARTS = {
    "preview": ("preview.js", "preview.css"),
    "progress": ("progress.js", "progress.css"),
    "places": ("places.js", None),
}


class Source(TypedDict):
    """What a page needs for one kind of widget."""

    script: str
    style: str


class LeanWidget(anywidget.AnyWidget):
    """A widget that no user gets hold of: a page is told nothing of how one might lay it out.

    Each widget's ``layout`` is a widget of its own, kept until somebody closes it; a page copes
    without one.
    """

    _lean = True

    @traitlets.default("keys")
    def _sent_keys(self) -> list[str]:
        unset = _LAYOUT if self._lean else set()
        return [name for name in self.traits(sync=True) if name not in unset]


_LAYOUT = {"layout", "tabbable", "tooltip"}


class Library(LeanWidget):
    """Brings the scripts to every page of its kernel. It is displayed nowhere."""

    _esm = read("library.js")
    sources = traitlets.Dict(help="What there is, by a name that changes with it.").tag(sync=True)


_library: Library | None = None


def borrow(name: str) -> str:
    """Return a script that takes ``"preview"``, ``"progress"`` or ``"places"`` from the page.

    The library is made with the first call, and anew where somebody has closed it.
    """
    global _library  # noqa: PLW0603 - one is enough for a kernel
    sources = _sources()
    if _library is None or _library.comm is None:
        _library = Library(sources={_key(name, sources[name]): sources[name] for name in sources})
    return read("borrow.js").replace("KEY", _key(name, sources[name]))


@cache
def _sources() -> dict[str, Source]:
    return {
        name: Source(script=script(own), style=style(sheet) if sheet else "")
        for name, (own, sheet) in _PARTS.items()
    }


def _key(name: str, source: Source) -> str:
    digest = hashlib.sha256(json.dumps(source).encode()).hexdigest()
    return f"{name}-{digest[:16]}"
