"""HTML as an outline of elements and text, in which two renderers' habits make no difference."""

from __future__ import annotations

import html.parser
from collections.abc import Callable
from dataclasses import dataclass, field

VOID = {"br", "hr", "img", "input"}
BLOCKS = {
    *("p", "pre", "blockquote", "ul", "ol", "li", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
KEPT = {"a": ("href", "title"), "ol": ("start",), "img": ("src", "alt", "title")}
"""The attributes that say something of the text; others dress it."""
BARE = {"div", "span"}
"""Elements that say nothing of the text."""


@dataclass
class Element:
    """An element, with what says something of the text."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)


class _Reader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BARE:
            return
        kept = {name: value or "" for name, value in attrs if name in KEPT.get(tag, ())}
        element = Element(tag, kept)
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in BARE | VOID:
            return
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def _other(self, data: str) -> None:
        raise AssertionError(f"neither an element nor text: {data}")

    handle_comment = handle_decl = handle_pi = unknown_decl = _other


def read(text: str) -> Element:
    """Read HTML whose elements are all closed."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader._open == [reader.root], "an element is not closed"
    return reader.root


def rewrite(element: Element, change: Callable[[Element], list[Element | str] | None]) -> Element:
    """Put what ``change`` gives in the place of each element within, from the outside in."""
    children: list[Element | str] = []
    for child in element.children:
        given = change(child) if isinstance(child, Element) else None
        children += [child] if given is None else given
    done = [rewrite(c, change) if isinstance(c, Element) else c for c in children]
    return Element(element.tag, element.attributes, done)


def lines(element: Element) -> list[str]:
    """Write an outline, a line for each element and each run of text, for one to compare."""
    out: list[str] = []
    _write(element, out, 0, verbatim=False)
    return out


def _write(element: Element, out: list[str], depth: int, *, verbatim: bool) -> None:
    runs: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str) and runs and isinstance(runs[-1], str):
            runs[-1] += child
        else:
            runs.append(child)
    for at, child in enumerate(runs):
        if isinstance(child, Element):
            said = "".join(f" {name}={value!r}" for name, value in sorted(child.attributes.items()))
            out.append(f"{'  ' * depth}<{child.tag}{said}>")
            _write(child, out, depth + 1, verbatim=verbatim or child.tag == "pre")
            continue
        text = child
        if not verbatim:
            # Blanks and line ends count between words, and not where a block begins or ends.
            if _is_edge(element, runs[at - 1] if at else None):
                text = text.lstrip()
            if _is_edge(element, runs[at + 1] if at + 1 < len(runs) else None):
                text = text.rstrip()
        if text:
            out.append(f"{'  ' * depth}{text!r}")


def _is_edge(within: Element, neighbour: Element | str | None) -> bool:
    if neighbour is None:
        return within.tag in BLOCKS or within.tag == ""
    return isinstance(neighbour, Element) and neighbour.tag in BLOCKS
