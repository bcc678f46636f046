"""What a page has to do to show the latest state, whichever state it shows now.

::

    {"op": "put", "key": k, "html": h}                 block k is h (a k past the end appends)
    {"op": "open", "key": k, "html": shell}            block k is a container without parts
    {"op": "part", "key": k, "index": i, "html": h}    part i of block k is h (or is appended)
    {"op": "cut", "key": k, "count": n}                the parts of block k from n on go
    {"op": "drop", "key": k}                           the blocks from k on go

Parts go into the shell's element of class ``nbkit-parts`` and are one element each.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

_NOTES = 64  # that are kept in any case


class Op(TypedDict):
    """One step for a page, as JSON; see the module for what the steps are."""

    op: Literal["put", "open", "part", "cut", "drop"]
    key: int
    html: NotRequired[str]
    index: NotRequired[int]
    count: NotRequired[int]


class Clock:
    """Counts revisions."""

    def __init__(self) -> None:
        self.revision = 0

    def tick(self) -> int:
        """Begin the next revision."""
        self.revision += 1
        return self.revision


class Journal:
    """Remembers when things last changed, the latest last; a thing is a number.

    A story has thousands of them, for good: two numbers for each, and no object. What has changed
    again is written again; the former notes are struck out in one go, once they are as many as
    those that hold.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._things = array("q")
        self._revisions = array("q")
        self._most = _NOTES

    def touch(self, thing: int) -> None:
        """Note that something has changed."""
        revision = self._clock.tick()
        if self._things and self._things[-1] == thing:
            self._revisions[-1] = revision
            return
        self._things.append(thing)
        self._revisions.append(revision)
        if len(self._things) > self._most:
            self._strike_out()

    def since(self, revision: int) -> Iterator[int]:
        """Give what changed after a revision, the latest first."""
        for at in self._latest():
            if self._revisions[at] <= revision:
                return
            yield self._things[at]

    def _latest(self) -> Iterator[int]:
        """Tell where the notes stand that hold: the last one of each thing."""
        seen: set[int] = set()
        for at in reversed(range(len(self._things))):
            thing = self._things[at]
            if thing not in seen:
                seen.add(thing)
                yield at

    def _strike_out(self) -> None:
        kept = sorted(self._latest())
        self._things = array("q", [self._things[at] for at in kept])
        self._revisions = array("q", [self._revisions[at] for at in kept])
        self._most = max(_NOTES, 2 * len(kept))


@dataclass(slots=True)
class _Entry:
    html: str
    parts: list[str] | None = None  # None: a block without parts
    cut: bool = False  # whether parts of it have gone


# A thing of the journal is a key and what of it: the block itself, a part, or the cut, in the
# order in which a page takes them. That the blocks end comes after all of them.
_SHIFT = 32
_BLOCK, _PARTS, _CUT, _ALL = 0, 1, (1 << _SHIFT) - 1, 1 << 30


class View:
    """The blocks as a page shows them; setting what is there already changes nothing.

    Blocks are numbered from 0 without gaps, and so are the parts of a container.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[_Entry] = []
        self._journal = Journal(clock)

    def __len__(self) -> int:
        return len(self._entries)

    def blocks(self) -> list[tuple[str, tuple[str, ...] | None]]:
        """Give all blocks: the HTML of each, and that of its parts if it is a container."""
        return [
            (entry.html, None if entry.parts is None else tuple(entry.parts))
            for entry in self._entries
        ]

    def parts(self, key: int) -> int:
        """Tell how many parts a block has."""
        return len(self._entries[key].parts or ())

    def put(self, key: int, html: str) -> None:
        """Set a block without parts."""
        if key < len(self._entries):
            entry = self._entries[key]
            if entry.parts is None and entry.html == html:
                return
        self._set(key, _Entry(html))

    def open(self, key: int, shell: str) -> None:
        """Set a container, without parts if it is another than before."""
        if key < len(self._entries):
            entry = self._entries[key]
            if entry.parts is not None and entry.html == shell:
                return
        self._set(key, _Entry(shell, []))

    def part(self, key: int, index: int, html: str) -> None:
        """Set or append a part of a container."""
        parts = self._entries[key].parts
        if parts is None:
            raise TypeError(f"block {key} has no parts")
        if index < len(parts):
            if parts[index] == html:
                return
            parts[index] = html
        else:
            parts.append(html)
        self._journal.touch((key << _SHIFT) + _PARTS + index)

    def cut(self, key: int, count: int) -> None:
        """Let a container's parts end."""
        entry = self._entries[key]
        if entry.parts is not None and len(entry.parts) > count:
            del entry.parts[count:]
            entry.cut = True
            self._journal.touch((key << _SHIFT) + _CUT)

    def drop(self, key: int) -> None:
        """Let the blocks end."""
        if len(self._entries) > key:
            del self._entries[key:]
            self._journal.touch(_ALL << _SHIFT)

    def changes(self, since: int) -> list[Op]:
        """Give the steps from a revision to now."""
        ops: list[Op] = []
        for thing in sorted(self._journal.since(since)):
            key, what = divmod(thing, 1 << _SHIFT)
            if key == _ALL:
                ops.append({"op": "drop", "key": len(self._entries)})
            elif key < len(self._entries):
                ops += self._step(key, what)
        return ops

    def _step(self, key: int, what: int) -> Iterator[Op]:
        """Give the step for something that has changed, if it is still there."""
        entry = self._entries[key]
        if what == _BLOCK:
            yield {"op": "put" if entry.parts is None else "open", "key": key, "html": entry.html}
        elif entry.parts is None:
            return
        elif what == _CUT:
            if entry.cut:
                yield {"op": "cut", "key": key, "count": len(entry.parts)}
        elif what - _PARTS < len(entry.parts):
            index = what - _PARTS
            yield {"op": "part", "key": key, "index": index, "html": entry.parts[index]}

    def _set(self, key: int, entry: _Entry) -> None:
        if key < len(self._entries):
            self._entries[key] = entry
        else:
            self._entries.append(entry)
        self._journal.touch(key << _SHIFT)
