"""Markdown as a live view has it and as a file does, and a reading of its tags."""

from __future__ import annotations

import html.parser

from story_page import Page, whole


def live(text: str, *, end: bool = True) -> str:
    """The live HTML of a text in which ``§prompt§`` stands for a slot."""
    page = Page(whole(text, end=end))
    page.update()
    return page.html


class Tags(html.parser.HTMLParser):
    """All tags and attributes of a piece of HTML, as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


UL = '<ul class="nbkit-parts"></ul>'
