"""The sessions of a store: listed, told, and finished in another kernel."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbkit import former
from nbkit.errors import StoreError
from nbkit.former import StoredSession
from nbkit.images import resolve_backend
from nbkit.limits import StartGate
from nbkit.progress import ProgressManager
from nbkit.recording import Former
from nbkit.run import Run
from nbkit.screen import Screen
from nbkit.session import Session
from nbkit.session_manager import SessionManager, session_manager
from nbkit.story import Story

if TYPE_CHECKING:  # it draws SQLite in
    from nbkit.store import Contents, Journal, SessionRecord, Swept

__all__ = ["SessionStore", "StoredSession"]


class SessionStore:
    """A folder that keeps sessions: made by :func:`nbkit.open_store`.

    It may be given as ``store=`` in place of its path. The folder has to be on a local disk.
    What its methods read and write they do at once, in the thread that calls them.

    Attributes
    ----------
    folder
        The folder's path.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        screen: Callable[[], Screen | None] = lambda: None,
        manager: SessionManager = session_manager,
    ) -> None:
        from nbkit.store import Journal

        self.folder = Path(path).expanduser().absolute()
        self._journal: Journal = Journal(self.folder)
        self._screen = screen
        self._manager = manager

    def make(self) -> None:
        """Make the folder a store, unless it is one.

        Raises
        ------
        StoreError
            If it cannot be one, or is that of a later version.
        """
        self._journal.make()

    def sessions(self) -> list[StoredSession]:
        """List what the store holds, newest first; a damaged session's ``status`` says so.

        Raises
        ------
        StoreError
            If the store itself cannot be read.
        """
        self._journal.settle()
        return [former.summary(*each) for each in self._journal.sessions()]

    def resume(self, session_id: str, *, images: Any = None) -> Session:
        """Go on with a session of a kernel that is gone: shows itself, and returns at once.

        It keeps its id and its message's. The text that had arrived and every stored image are
        there at once, and none is generated again; images that were not finished are queued. What
        had failed stays failed, with its reason, and can be retried; what had been stopped stays
        stopped. A text that was cut ends there: :attr:`Session.text_cut` says so, and it is no
        error. The session is kept in the store from here on too, so it may be resumed any number
        of times; one that was complete is simply there again.

        Parameters
        ----------
        session_id
            One of :meth:`sessions`, or its beginning where that is unambiguous.
        images
            The backend, as for ``illustrate``; ``None`` for the one of before, if a spec string
            names it. A callable has to be given again.

        Raises
        ------
        StoreError
            If there is no such session, it runs elsewhere, another session of its message runs
            in this kernel, or the store cannot be read and written.
        TypeError
            If images are to be made and the backend cannot be found again.
        """
        from nbkit.recorder import Recorder

        contents = self._contents(session_id)
        record = contents.session
        self._check_free(record)
        left, _ = self._rebuilt(contents)
        backend = former.backend(contents, left, images)
        resolve_backend(backend)  # what is wrong with it is said before anything is claimed
        recorder = Recorder(self.folder, record.id)
        claimed = self._journal.claim(record.id, recorder.writer)
        try:
            if (claimed.text, claimed.tasks) != (contents.text, contents.tasks):
                left = former.load(claimed, self._journal)  # it went on elsewhere meanwhile
            recorder.go_on(left, backend)
            session = self._manager.start(
                left.text,
                message_id=record.message_id,
                images=backend,
                screen=self._screen(),
                recorder=recorder,
                **former.options(contents).record(),
            )
        except BaseException:
            recorder.leave()
            raise
        session.show()
        return session

    def story(self, session_id: str) -> Story:
        """Return the story of a session as it stands, without going on with it.

        Raises
        ------
        StoreError
            If there is no such session, or it cannot be read.
        """
        _, run = self._rebuilt(self._contents(session_id))
        run.story.end()
        return run.story

    def find(self, session_id: str) -> StoredSession:
        """Return one of the sessions, by its id or an unambiguous beginning of it.

        Raises
        ------
        StoreError
            If there is none, or several.
        """
        if not session_id:
            raise StoreError("an empty id names no session", path=self.folder)
        found = [each for each in self.sessions() if each.id.startswith(session_id)]
        if len(found) != 1:
            what = "no session" if not found else f"{len(found)} sessions"
            raise StoreError(
                f"the store in {self.folder} has {what} whose id begins with {session_id!r}",
                path=self.folder,
            )
        return found[0]

    def sweep(self, *, keep: int | None = None, keep_days: float | None = None) -> Swept:
        """Remove files that no session refers to, and old sessions if asked for.

        One that runs stays, and so do files of the last ten minutes.

        Parameters
        ----------
        keep
            How many of the newest sessions stay.
        keep_days
            How many days a session stays after its end.
        """
        self._journal.settle()
        return self._journal.sweep(keep=keep, keep_days=keep_days)

    def __repr__(self) -> str:
        return f"<nbkit.SessionStore {str(self.folder)!r}>"

    def _contents(self, session_id: str) -> Contents:
        return self._journal.contents(self.find(session_id).id)

    def _rebuilt(self, contents: Contents) -> tuple[Former, Run]:
        """Load what is left of a session, and build it up aside: what is damaged is told."""
        try:
            left = former.load(contents, self._journal)
            run = Run(
                "",
                former.Absent(contents),
                former.options(contents),
                gate=StartGate(),
                progress_manager=ProgressManager(),
                message_id=contents.session.message_id,
                on_settled=lambda: None,
                recording=former.Reader(left),
            )
            run.register()
        except (TypeError, ValueError) as error:
            raise StoreError(
                f"session {contents.session.id} in the store in {self.folder} cannot be built up "
                f"again: {error}",
                path=self.folder,
            ) from error
        return left, run

    def _check_free(self, record: SessionRecord) -> None:
        here = self._manager.get(record.message_id)
        if here is None or here.status != "running":
            self._journal.check_free(record)
            return
        if here.id == record.id:
            raise StoreError(
                f"session {record.id} runs in this very kernel: nbkit.sessions() has it",
                path=self.folder,
            )
        raise StoreError(
            f"message {record.message_id!r} runs in this kernel, as another session: wait for it, "
            "or cancel it, before its former one is resumed",
            path=self.folder,
        )
