"""The last thing that happens to HTML before it leaves: ``nh3``, with lists of our own.

A reply's raw HTML never gets this far (the writer escapes it); what is kept here is what the
writer itself writes. Each cleaner is made once, as that is half of the cost of a small piece.
"""

from __future__ import annotations

import nh3

_TEXT = {
    *("p", "div", "span", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "pre", "code"),
    *("em", "strong", "del", "a", "input"),
}
_RUNNING = {
    *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol"),
    *("td", "th", "pre", "code"),
}
"""The elements that say which way they run."""
_MATH = {
    *("math", "semantics", "annotation-xml", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace"),
    *("msup", "msub", "msubsup", "mover", "munder", "munderover", "mmultiscripts", "mprescripts"),
    *("mfrac", "msqrt", "mroot", "mstyle", "mtable", "mtr", "mtd", "mlabeledtr", "mpadded"),
    *("mphantom", "menclose", "mfenced", "none"),
}
_MATH_ATTRIBUTES = {
    *("accent", "accentunder", "bevelled", "close", "columnalign", "columnlines", "columnspacing"),
    *("depth", "display", "displaystyle", "fence", "form", "frame", "height", "largeop"),
    *("linebreak", "linethickness", "lspace", "mathcolor", "mathsize", "mathvariant", "maxsize"),
    *("minlabelspacing", "minsize", "movablelimits", "notation", "open", "rowalign", "rowlines"),
    *("rowspacing", "rspace", "scriptlevel", "separator", "separators", "side", "stretchy"),
    *("symmetric", "voffset", "width"),
}
_REL = "noopener noreferrer nofollow"
_SCHEMES = {"http", "https", "mailto"}


def _cleaner(generic: set[str], **more: set[str]) -> nh3.Cleaner:
    # None for "*", where nh3 has some by itself: what TeX makes of ``\class`` and ``\style`` must
    # not pass for ours.
    attributes = dict.fromkeys(_MATH, _MATH_ATTRIBUTES) | dict.fromkeys(_TEXT, generic)
    attributes["*"] = set()
    own = {
        "a": {"href", "title"},
        "ol": {"start"},
        "input": {"checked", "disabled"},
        **more,
    }
    for tag, names in own.items():
        attributes[tag] = attributes[tag] | names
    return nh3.Cleaner(
        tags=_TEXT | _MATH,
        attributes=attributes,
        # With another encoding, or without one, what is in an annotation is parsed by other rules.
        tag_attribute_values={
            **{tag: {"dir": {"ltr", "rtl"}} for tag in _RUNNING},
            "input": {"type": {"checkbox"}},
            "annotation-xml": {"encoding": {"text/html"}},
        },
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel=_REL,
        url_schemes=_SCHEMES,
        url_relative="deny",
    )


_live = _cleaner({"class"}, span={"data-nbkit-slot"})
_static = _cleaner(
    {"class", "style"}, math={"style"}, table={"rules", "cellpadding"}, div={"align"}
)
_picture = nh3.Cleaner(
    tags={"figure", "img", "em", "span"},
    attributes={"*": {"style"}, "img": {"src", "alt", "width", "height"}},
    url_schemes={"data"},
    url_relative="deny",
)
_ROWS = "<table><tbody>", "</tbody></table>"


def clean_live(html: str) -> str:
    """Clean a piece for the live view: classes and the names of slots stay."""
    return _live.clean(html)


def clean_static(html: str) -> str:
    """Clean a piece for a snapshot: classes and inline styles stay, and no address of an image."""
    return _static.clean(html)


def clean_row(html: str) -> str:
    """Clean a table row for the live view; alone it would be no HTML at all."""
    before, after = _ROWS
    return _live.clean(f"{before}{html}{after}").removeprefix(before).removesuffix(after)


def clean_picture(html: str) -> str:
    """Clean the picture of a slot in a snapshot: its bytes stay, an address does not."""
    return _picture.clean(html)
