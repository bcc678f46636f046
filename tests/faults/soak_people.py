"""People who click about while their sessions run."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from faults.soak_case import Case

from nbkit.errors import StreamError
from nbkit.models import FINAL
from nbkit.session_manager import SessionManager

PATIENT = 120.0
"""Seconds after which an attempt counts as overdue, for those who have no server that stalls."""

HASTY = 0.4
"""The same for those who may meet one."""

HANGS = 300.0
"""Seconds after which a session hangs, whatever the machine is busy with."""


@dataclass(kw_only=True)
class Person(Case):
    """Somebody with a session, who looks on or clicks about."""

    manager: SessionManager
    rng: random.Random

    async def live(self) -> None:
        """See a session through all that it is put through, and check it at each of its ends."""
        async with asyncio.timeout(HANGS):
            await self._see_through()
            for _ in range(0 if self.quiet else self.rng.randrange(3)):
                if not self._go_on():
                    break
                await self._see_through()

    async def _see_through(self) -> None:
        looking = asyncio.create_task(self._click_about())
        try:
            await self._end()
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        if not looking.cancelled():
            looking.result()
        self.check()

    async def _end(self) -> None:
        """Wait for the end in one of the ways that there are."""
        session, error = self.session, None
        try:
            if self.quiet or self.rng.random() < 0.8:
                await session
            else:
                await asyncio.to_thread(session.wait)
        except StreamError as failed:
            error = failed
        assert error is session.error, (error, session.error)

    # Clicks

    async def _click_about(self) -> None:
        if self.quiet:
            return
        changed = asyncio.Event()
        end = self.session.subscribe(changed.set)
        try:
            while self.session.status == "running":
                for _ in range(self.rng.randrange(1, 20)):
                    changed.clear()
                    await changed.wait()
                    if self.session.status != "running":
                        return
                await self._click(changed)
        finally:
            end()

    async def _click(self, changed: asyncio.Event) -> None:
        what: dict[str, tuple[int, Callable[[asyncio.Event], Awaitable[object]]]] = {
            "pause": (8, self._pause),
            "limits": (6, self._set_limits),
            "retry": (6, self._retry),
            "regenerate": (6, self._regenerate),
            "choose": (3, self._choose),
            "look": (2, self._look),
            "start again": (2, self._start_again),
            "wait a moment": (2, self._wait_a_moment),
            "cancel a task elsewhere": (2, self._cancel_task),
            "cancel the wait": (1, self._cancel_wait),
            "cancel": (1, self._cancel),
            "cancel from a thread": (1, self._cancel_from_thread),
        }
        name = self.rng.choices(list(what), [weight for weight, _ in what.values()])[0]
        self.clicks[name] += 1
        await what[name][1](changed)

    async def _pause(self, changed: asyncio.Event) -> None:
        self.session.pause()
        while self.session.progress.running and self.session.status == "running":
            changed.clear()
            await changed.wait()
        self.session.resume()

    async def _set_limits(self, _: asyncio.Event) -> None:
        session, rng = self.session, self.rng
        session.max_concurrency = rng.randrange(1, 8)
        session.min_interval = rng.choice([0.0, 0.0, 0.001])
        session.max_rate = rng.choice([None, 100_000.0])
        session.retries = rng.randrange(4)

    async def _retry(self, _: asyncio.Event) -> None:
        failed = self._tasks("failed")
        if failed and self.rng.random() < 0.5:
            self.session.retry(self.rng.choice(failed))
        else:
            self.session.retry()

    async def _regenerate(self, _: asyncio.Event) -> None:
        finished = self._tasks(*FINAL)
        if finished:
            task_id = self.rng.choice(finished)
            mode = self.rng.choice(["append", "replace"])
            prompt = None
            if self.rng.random() < 0.5:
                prompt = f"fox {self.tale.name}.x{len(self.others)}"
                self.others.add(prompt)
            self.session.regenerate(task_id, prompt, mode)

    async def _choose(self, _: asyncio.Event) -> None:
        versions = [each for each in self.session.images if len(each.versions) > 1]
        if versions:
            one = self.rng.choice(versions)
            assert one.task_id is not None
            self.session.choose(one.task_id, self.rng.randrange(len(one.versions)))

    async def _look(self, _: asyncio.Event) -> None:
        assert "The tale" in self.session.to_html() or len(self.session.text) < 30
        assert repr(self.session)

    async def _start_again(self, _: asyncio.Event) -> None:
        """A second start of a message that runs gives the session that runs."""
        one = self.manager.start("another text", message_id=self.session.message_id)
        assert one is self.session

    async def _wait_a_moment(self, _: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError, StreamError):
            await asyncio.to_thread(self.session.wait, 1e-4)

    async def _cancel_task(self, _: asyncio.Event) -> None:
        """Somebody else ends a task, at the progress manager."""
        tasks = self._tasks("queued", "running", "retrying", "waiting")
        if tasks:
            assert self.session.progress_manager.cancel_task(
                self.session.message_id, self.rng.choice(tasks)
            )

    async def _cancel_wait(self, _: asyncio.Event) -> None:
        async def wait() -> None:
            await self.session

        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    async def _cancel(self, _: asyncio.Event) -> None:
        self.session.cancel()
        assert self.session.status == "cancelled"
        await self._nothing_more()

    async def _cancel_from_thread(self, changed: asyncio.Event) -> None:
        await asyncio.to_thread(self.session.cancel)
        while self.session.status == "running":
            changed.clear()
            await changed.wait()
        await self._nothing_more()

    async def _nothing_more(self) -> None:
        """Nothing changes after a cancel."""
        seen = self.witness.messages.get(self.session.message_id)
        before = dict(seen.status) if seen else {}
        for _ in range(20):
            await asyncio.sleep(0)
        if self.session.status == "cancelled":
            assert before == (seen.status if seen else {})

    def _go_on(self) -> bool:
        """Lead a session that has ended back to running, if that can be."""
        tasks = self._tasks(*FINAL)
        left_out = [
            id_ for id_, slot in self.session.story.slots.items() if slot.status == "skipped"
        ]
        if left_out and self.rng.random() < 0.5:
            self.session.generate(self.rng.choice(left_out))
        elif self._tasks("failed") and self.rng.random() < 0.6:
            self.session.retry()
        elif tasks:
            self.session.regenerate(self.rng.choice(tasks))
        return self.session.status == "running"

    def _tasks(self, *statuses: str) -> list[str]:
        """Return the tasks that slots show, and that stand so."""
        return [
            each.task_id
            for each in self.session.images
            if each.task_id is not None and each.status in statuses
        ]
