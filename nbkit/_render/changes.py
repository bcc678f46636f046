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

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, NotRequired, TypedDict, TypeVar

K = TypeVar("K", bound=Hashable)


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


class Journal(Generic[K]):
    """Remembers of each thing when it last changed, the latest last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed: dict[K, int] = {}  # an OrderedDict would take twice the memory

    def touch(self, thing: K) -> None:
        """Note that something has changed."""
        self._changed.pop(thing, None)
        self._changed[thing] = self._clock.tick()

    def forget(self, thing: K) -> None:
        """Strike something that is no more."""
        self._changed.pop(thing, None)

    def since(self, revision: int) -> Iterator[K]:
        """Give what changed after a revision, the latest first."""
        for thing, changed in reversed(self._changed.items()):
            if changed <= revision:
                return
            yield thing


@dataclass(slots=True)
class _Entry:
    html: str
    parts: list[str] | None = None  # None: a block without parts


# Order within a key: the block itself, its parts, its cut; -1 and a large number around them.
_BLOCK, _CUT, _ALL = -1, 1 << 60, 1 << 60


class View:
    """The blocks as a page shows them; setting what is there already changes nothing.

    Blocks are numbered from 0 without gaps, and so are the parts of a container.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[_Entry] = []
        self._journal: Journal[tuple[int, int]] = Journal(clock)

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
        self._journal.touch((key, index))

    def cut(self, key: int, count: int) -> None:
        """Let a container's parts end."""
        parts = self._entries[key].parts or []
        if len(parts) > count:
            for index in range(count, len(parts)):
                self._journal.forget((key, index))
            del parts[count:]
            self._journal.touch((key, _CUT))

    def drop(self, key: int) -> None:
        """Let the blocks end."""
        if len(self._entries) > key:
            for gone in range(key, len(self._entries)):
                self._strike(gone)
            del self._entries[key:]
            self._journal.touch((_ALL, _BLOCK))

    def changes(self, since: int) -> list[Op]:
        """Give the steps from a revision to now."""
        ops: list[Op] = []
        for key, index in sorted(self._journal.since(since)):
            if key == _ALL:
                ops.append({"op": "drop", "key": len(self._entries)})
                continue
            entry = self._entries[key]
            if index == _BLOCK:
                name: Literal["put", "open"] = "put" if entry.parts is None else "open"
                ops.append({"op": name, "key": key, "html": entry.html})
            elif index == _CUT:
                ops.append({"op": "cut", "key": key, "count": len(entry.parts or ())})
            else:
                html = (entry.parts or [])[index]
                ops.append({"op": "part", "key": key, "index": index, "html": html})
        return ops

    def _set(self, key: int, entry: _Entry) -> None:
        if key < len(self._entries):
            self._strike(key)
            self._entries[key] = entry
        else:
            self._entries.append(entry)
        self._journal.touch((key, _BLOCK))

    def _strike(self, key: int) -> None:
        self._journal.forget((key, _BLOCK))
        self._journal.forget((key, _CUT))
        for index in range(self.parts(key)):
            self._journal.forget((key, index))
