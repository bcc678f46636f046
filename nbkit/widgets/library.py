"""The widgets' scripts, sent to a page once and not with each widget."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any, TypedDict

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

    def add_traits(self, **traits: Any) -> None:
        """Add what anywidget adds to each new widget: those that get the same are of one class.

        A class for each costs more than all else about a widget.
        """
        if self.comm is not None:
            super().add_traits(**traits)
            return
        alike = type(self), tuple((name, trait.default_value) for name, trait in traits.items())
        kind = _kinds.get(alike)
        if kind is None:
            super().add_traits(**traits)
            _kinds[alike] = type(self)
        else:
            self.__class__ = kind


_kinds: dict[object, type] = {}
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
    if _library is None or _library.comm is None:
        _library = Library(sources={_key(each): source for each, source in _sources().items()})
        # A page takes in a message, and what comes behind it, once it has the scripts: the time
        # that anywidget gives to a widget which borrows one begins then.
        _library.send({"kind": "check"})
    return _borrowing(name)


@cache
def _borrowing(name: str) -> str:
    return read("borrow.js").replace("KEY", _key(name))


@cache
def _sources() -> dict[str, Source]:
    return {
        name: Source(script=script(own), style=style(sheet) if sheet else "")
        for name, (own, sheet) in _PARTS.items()
    }


@cache
def _key(name: str) -> str:
    digest = hashlib.sha256(json.dumps(_sources()[name]).encode()).hexdigest()
    return f"{name}-{digest[:16]}"
