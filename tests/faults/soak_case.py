"""What holds of each session that has ended, whatever it has been put through."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from faults.soak_studio import Studio, tag_of
from faults.soak_tales import Source, Tale
from faults.soak_witness import Witness

from nbkit.errors import BackendError, TaskTimeout
from nbkit.models import FINAL, ImageResult
from nbkit.session import Session


@dataclass(kw_only=True)
class Case:
    """A session with all that is known of it.

    ``quiet``: nobody disturbs it; ``hasty``: its attempts have a short time only; ``clicks``: what
    has been done to it; ``others``: the prompts asked for beside those of its tale.
    """

    session: Session
    tale: Tale
    source: Source
    witness: Witness
    studio: Studio
    quiet: bool
    hasty: bool
    clicks: Counter[str] = field(default_factory=Counter)
    others: set[str] = field(default_factory=set)

    def check(self) -> None:
        """Hold the session to what holds of each that has ended."""
        session, manager = self.session, self.session.progress_manager
        seen, state = self.witness.messages.get(session.message_id), session.progress
        about = (session, self.source.kind, self.clicks)
        assert state.pending == 0, about
        assert session.store_error is None, about
        tasks = manager.get_tasks(session.message_id)
        assert len(tasks) == state.total == state.succeeded + state.failed + state.cancelled, about
        assert Counter(task.status for task in tasks) == +Counter(
            {status: getattr(state, status) for status in FINAL}
        ), about
        assert {task.id: task.status for task in tasks} == (seen.status if seen else {}), about
        for task in tasks:
            assert (task.image is not None) == (task.status == "succeeded"), task
            assert (task.error is not None) == (task.status == "failed"), task
        assert seen is None or sum(seen.pictures.values()) == state.succeeded, about
        self._check_text(about)
        self._check_slots({task.id: task.status for task in tasks})
        if self.quiet:
            for result in session.images:
                self._check_planned(result)

    def _check_text(self, about: object) -> None:
        session, source = self.session, self.source
        whole, count = "".join(self.tale.texts), len(session.prompts)
        assert [each.text for each in session.prompts] == self.tale.prompts[:count], about
        stopped = any(name.startswith("cancel") for name in self.clicks)
        assert session.status in (
            ("completed", "failed", "cancelled") if stopped
            else ("failed",) if source.fails
            else ("completed",)
        ), about  # fmt: skip
        if source.fails or stopped:
            assert whole.startswith(session.text), about
            if not stopped and source.kept is not None:
                assert session.text == source.kept, about
        else:
            assert session.text == whole, about
            assert count == len(self.tale.prompts), about
        if session.status != "cancelled":  # which may come after the text has failed
            assert (session.error is not None) == (session.status == "failed"), about

    def _check_slots(self, tasks: dict[str, str]) -> None:
        session = self.session
        assert len(session.images) == len(session.prompts)
        for result, prompt in zip(session.images, session.prompts, strict=True):
            assert result.status in (*FINAL, "skipped"), result
            assert tasks.get(result.task_id or "", "skipped") == result.status, result
            tags = [tag_of(image.data) for image in result.versions]
            assert len(set(tags)) == len(tags), tags
            for tag in tags:
                made_for = tag.partition("|")[0]
                assert made_for == prompt.text or made_for in self.others, (tag, prompt)
            assert (result.image is not None) == bool(tags), result
            if result.status == "succeeded":
                assert tags, result
            if result.status == "failed":
                self._check_error(result)

    def _check_error(self, result: ImageResult) -> None:
        """An error says what the server has done the last time that it was asked."""
        text = str(result.error)
        if isinstance(result.error, TaskTimeout):
            assert self.hasty, text
            return
        assert isinstance(result.error, BackendError), text
        ways = [times[-1] for times in self.studio.served[result.error.prompt].values()]
        assert any(way is not None and re.search(way.says, text) for way in ways), (text, ways)

    def _check_planned(self, result: ImageResult) -> None:
        """Nobody having disturbed it, an image has come to what its server had in store for it."""
        if self.hasty or result.status == "skipped":
            return
        times = self.studio.served[result.prompt][self.session.options.seed]
        assert result.attempts == len(times) <= self.session.options.retries + 1, (result, times)
        *before, last = times
        assert all(way is not None and way.again for way in before), (result, times)
        if last is None or (last.fine and not last.again):
            assert result.status == "succeeded", (result, times)
        elif not last.fine:
            assert result.status == "failed", (result, times)
        if result.status == "failed" and last is not None and last.again:
            assert len(times) == self.session.options.retries + 1, (result, times)
