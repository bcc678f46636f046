"""The outputs of a session in a notebook, and the static copies that they hold.

An output is shown in one of two ways. In Jupyter's own front ends it is a *place*: plain HTML,
the story as far as it had come, with the live view beside it (:mod:`nbkit.widgets.places`).
Whatever is saved, and whenever, is the HTML. Elsewhere it is the widget's view, with the HTML as
its second form once the session has ended.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nbkit._notebook.copies import StoryCopy, progress_copy, view_of
from nbkit._notebook.presence import Presence
from nbkit.session import Session
from nbkit.widgets.cadence import Cadence
from nbkit.widgets.page import PageWidget
from nbkit.widgets.places import Places, wrap

Kind = Literal["preview", "progress"]

EVERY = 4.0
"""Seconds between two copies of a session that runs, at the least."""

RATE = 250_000
"""Bytes of copies a second, at the most: long stories are copied less often."""

STALE = 1.0, 60.0
"""How old a copy may become, as a part of the time that the session has taken, and in seconds."""

ON_ITS_WAY = 1.0
"""Seconds that the last copy may take to a page."""

BACK_OFF = 8
"""How often at the most the pause doubles, while no page says that it has got the copies."""


@dataclass(slots=True)
class Output:
    """One output: the copy that it holds, its number, and the number that a page has got.

    ``sent_in`` is whose output the message with the copy was, as the kernel reckons it;
    ``kept`` where a page has said that it changes the output by itself, ``plain`` where one has
    shown it and could not; ``behind`` are pages that lacked the last copy when they spoke last.
    """

    kind: Kind
    widget: PageWidget
    place: str
    placed: bool
    sent: dict[str, Any] | None = None
    sent_in: object = None
    revision: int = 0
    seen: int = 0
    kept: bool = False
    plain: bool = False
    behind: set[str] = field(default_factory=set)

    @property
    def by_page(self) -> bool:
        """Whether every page that shows it is told of copies, packed, and changes it itself."""
        return self.kept and not self.plain


class Outputs:
    """The outputs in which a session is live, kept up to date with static copies.

    ``on_away(away)`` is called when the pages with its places have gone, and when one is back;
    ``where()`` tells whose output a message would be that went now.
    """

    def __init__(
        self,
        session: Session,
        *,
        max_bytes: int,
        on_away: Callable[[bool], None],
        hears: bool,
        where: Callable[[], object],
    ) -> None:
        self._session = session
        self._story = StoryCopy(session)
        self._max_bytes = max_bytes
        self._outputs: list[Output] = []
        self._places: list[Places] = []
        self._unseen = 0
        self._frozen = False
        self._on_away = on_away
        self._hears = hears
        self._where = where
        self._presence: Presence | None = None
        self._cadence = Cadence(self._copy_due, interval=EVERY)
        self._unsubscribe = session.subscribe(self._changed)

    def __bool__(self) -> bool:
        return bool(self._outputs)

    @property
    def answered(self) -> bool:
        """Whether a page has ever said that it shows one of the places."""
        return any(output.seen for output in self._outputs)

    def show(self, widgets: Mapping[Kind, PageWidget], *, placed: bool) -> None:
        """Display widgets in the cell that runs, in their order."""
        fresh = [
            Output(kind, widget, f"nbkit-{uuid.uuid4().hex}", placed)
            for kind, widget in widgets.items()
        ]
        copies = self._copies(self._max_bytes)
        for output in fresh:
            if placed:
                output.revision = 1
                output.sent = copies[output.kind]
                output.sent_in = self._where()
                _ipython().display(_marked(output), raw=True, display_id=output.place)
            else:
                _ipython().display(output.widget, display_id=output.place)
        self._outputs += fresh
        if placed:
            ids = {output.place: str(output.widget.model_id) for output in fresh}
            self._places.append(Places(ids, self))
            if self._presence is None and self._hears:
                self._presence = Presence(self._ping, self._running, self._on_away)
            self._cadence.sent()

    def copy(self, *, again: bool = False) -> None:
        """Bring the copies in all places up to date.

        ``again`` says unchanged ones again if they went into another cell's output: a headless
        client drops what comes from a cell that is done.
        """
        copies = self._copies(self._max_bytes)
        placed = [output for output in self._outputs if output.placed]
        self._publish([output for output in placed if self._take(output, copies[output.kind])])
        if again:
            self.say_again()
        self._cadence.sent()

    def say_again(self) -> None:
        """Send what went into another cell's output, where no page has told that it is there."""
        here = self._where()
        held = [output for output in self._outputs if output.sent is not None]
        self._publish([o for o in held if o.sent_in != here and not o.by_page])

    def accompany(self) -> None:
        """Put copies beside the views that are no places."""
        copies = self._copies(self._max_bytes)
        for output in self._outputs:
            if not output.placed:
                output.sent = view_of(str(output.widget.model_id)) | copies[output.kind]
                output.sent_in = self._where()
                update_output(output.place, output.sent)

    def freeze(self, max_bytes: int | None = None) -> None:
        """Leave the copies alone in all outputs, without their views.

        The places stay, for a page that is opened later on a notebook with an older copy.
        """
        copies = self._copies(self._max_bytes if max_bytes is None else max_bytes)
        self._publish(
            [
                output
                for output in self._outputs
                if self._take(output, copies[output.kind]) or not output.placed
            ]
        )
        # Any other page tells what it has, and is given what it lacks.
        self._keep([o for o in self._outputs if 0 < o.seen < o.revision and not o.by_page])
        self._frozen = True
        self._unsubscribe()
        self._cadence.stop()
        if self._presence is not None:
            self._presence.stop()
        for places in self._places:
            places.end()

    # -- copies

    def _changed(self) -> None:
        if self._places:
            self._cadence.wake()
            if self._presence is not None:
                self._presence.wake()

    def _copy_due(self) -> None:
        if self._presence is None or not self._presence.away:
            self.copy()

    def _copies(self, max_bytes: int) -> dict[Kind, dict[str, Any]]:
        return {
            "preview": self._story.make(max_bytes=max_bytes),
            "progress": progress_copy(self._session),
        }

    def _take(self, output: Output, copy: dict[str, Any]) -> bool:
        """Note what an output is to hold; true if that is new."""
        if copy == output.sent:
            return False
        output.revision += 1
        output.sent = copy
        return True

    def _publish(self, outputs: list[Output]) -> None:
        """Send what outputs are to hold: packed to a page that has them, else for any reader."""
        self._keep([output for output in outputs if output.by_page])
        for output in outputs:
            output.sent_in = self._where()
            if not output.by_page:
                update_output(output.place, _marked(output))
            if output.placed and output.kind == "preview":
                self._unseen += 1
                part, most = STALE
                old = min(most, part * self._session.elapsed)
                size = len((output.sent or {})["text/html"])
                pause = max(EVERY, size / RATE, old)
                self._cadence.interval = pause * 2 ** min(self._unseen - 1, BACK_OFF)

    def _keep_behind(self, output: Output) -> None:
        if output.behind:
            output.behind.clear()
            self._keep([output])

    def _keep(self, outputs: list[Output]) -> None:
        for places in self._places:
            mine = {o.place: _marked(o) for o in outputs if o.place in places.places}
            if mine:
                places.keep(mine)

    # -- pages

    def _running(self) -> bool:
        return self._session.status == "running" or any(
            output.placed and output.seen and output.seen < output.revision
            for output in self._outputs
        )

    def _ping(self) -> None:
        for places in self._places:
            places.ping()

    def here(
        self, revisions: Mapping[str, int], *, asked: bool, page: str, keeps: Collection[str]
    ) -> None:
        """Take in what a page has got, and give it what it lacks."""
        if self._presence is not None:
            self._presence.heard()
        for output in self._outputs:
            number = revisions.get(output.place)
            if number is None:
                continue
            if output.place in keeps:
                output.kept = True
            else:
                output.plain = True
            if number >= output.revision:
                self._unseen = 0
                output.behind.discard(page)
            elif asked and number <= output.seen:
                # Behind though it had been told: it was loaded anew, and updates do not reach it.
                self._keep([output])
            elif self._frozen or self._session.status != "running":
                # Nobody may ask it again. The last copy may be on its way, or never come.
                output.behind.add(page)
                asyncio.get_running_loop().call_later(ON_ITS_WAY, self._keep_behind, output)
            output.seen = number


def _marked(output: Output) -> dict[str, Any]:
    copy = output.sent or {}
    if not output.placed:
        return copy
    return copy | {"text/html": wrap(output.place, output.revision, copy["text/html"])}


def update_output(display_id: str, bundle: dict[str, Any]) -> None:
    """Put another bundle into every output of a display id."""
    _ipython().update_display(bundle, raw=True, display_id=display_id)


def _ipython() -> Any:
    """Import what displays; its functions have no types."""
    from IPython import display

    return display
