"""A day's work in a minute: thousands of prompts, a tenth of their calls failing, and people.

``NBKIT_SOAK_SEED`` runs a former one again, ``NBKIT_SOAK_PROMPTS`` makes it longer or shorter.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import random
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.leftovers import Leftovers, objects
from faults.runs import KEY
from faults.soak_people import HASTY, PATIENT, Person
from faults.soak_studio import Studio
from faults.soak_tales import source, tale
from faults.soak_witness import Witness

from nbkit.errors import StreamError
from nbkit.images.openai import OpenAIImageBackend
from nbkit.limits import backoff
from nbkit.models import FINAL, MessageId
from nbkit.progress import ProgressManager
from nbkit.session import Session
from nbkit.session_manager import SessionManager
from nbkit.session_store import SessionStore
from nbkit.testing import until

SEED = os.environ.get("NBKIT_SOAK_SEED") or secrets.token_hex(4)
PROMPTS = int(os.environ.get("NBKIT_SOAK_PROMPTS", "10000"))
ROUND = 2_000  # prompts between two looks at what is left
BLOCKS, BYTES = 1_000, 150_000  # of memory that may be left, small objects and large,
BLOCKS_EACH, BYTES_EACH = 0.2, 20  # and for each prompt besides
AT_ONCE = 10  # sessions
RATE = 0.1  # of calls that fail
RESUMED = 10  # sessions of a round that are taken up again from the store
OUTDONE = re.compile(
    r"^cannot (start|wait|retry|complete|fail|cancel) task 'task-\d+' .*: it is cancelled$"
)
"""What the progress manager says of a task that somebody else has ended there."""


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait before another attempt, but not for long."""

    def short(*args: Any, **kwargs: Any) -> float:
        return backoff(*args, **kwargs) / 100

    monkeypatch.setattr("nbkit.llm.reply.backoff", short)
    monkeypatch.setattr("nbkit.queue.backoff", short)
    monkeypatch.setattr("nbkit._store.writer.BEAT", 0.1)  # its thread lives as long after its work


class Words(logging.Handler):
    """Keeps the words of what is logged, and nothing that it is about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not OUTDONE.search(text := self.format(record)):
            self.words.append(text)


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """Collect what is complained of, by nbkit's log or by the loop."""
    handler, logger = Words(), logging.getLogger("nbkit")
    logger.addHandler(handler)
    logger.propagate = False  # pytest keeps whole records, tracebacks and all
    yield handler.words
    logger.removeHandler(handler)
    logger.propagate = True


class Round:
    """So many prompts, by several sessions at once; ``progress_manager`` has seen rounds before."""

    def __init__(
        self, number: int, studio: Studio, store: Path, progress_manager: ProgressManager
    ) -> None:
        self.number = number
        self.studio = studio
        self.store = store
        self.progress_manager = progress_manager
        self.manager = SessionManager(self.progress_manager)
        self.witness = Witness(self.progress_manager, self._is_paused)
        self.prompts = 0
        self.totals: Counter[str] = Counter()
        self._numbers = itertools.count()

    def _is_paused(self, message_id: MessageId) -> bool:
        session = self.manager.get(message_id)
        return session is not None and session.paused

    async def run(self, prompts: int) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._sessions(prompts))
        finally:
            self.manager.cancel_all()
        self.witness.leave()
        await self._compare_store()
        for message_id in self.progress_manager.tracked_messages:
            self.progress_manager.clear(message_id)

    async def _sessions(self, prompts: int) -> None:
        while self.prompts < prompts:
            number = next(self._numbers)
            person = self._person(number, random.Random(f"{SEED} {self.number}.{number}"))
            await person.live()
            session = person.session
            self.prompts += sum(each.status != "skipped" for each in session.images)
            self.totals["sessions"] += 1
            self.totals[session.status] += 1
            self.totals["clicks"] += person.clicks.total()
            self.totals["slots"] += len(session.images)
            self.totals.update(f"slot {each.status}" for each in session.images)
            state = session.progress
            self.totals["tasks"] += state.total
            for status in FINAL:
                self.totals[f"task {status}"] += getattr(state, status)

    def _backend(self, partial_images: int) -> OpenAIImageBackend:
        return OpenAIImageBackend(
            "m", base_url=self.studio.url, api_key=KEY, partial_images=partial_images
        )

    def _person(self, number: int, rng: random.Random) -> Person:
        hasty, quiet = rng.random() < 0.15, rng.random() < 0.4
        told = tale(rng, f"{self.number}.{number}", rng.choice([0, 1, 3, 10, 30, 60]))
        if hasty:
            self.studio.hurried.add(told.name)
        text = source(rng, told, self.studio, RATE)
        session = self.manager.start(
            text.text,
            message_id=rng.choice([number, told.name]),
            images=self._backend(rng.randrange(3)),
            seed=rng.choice([None, None, rng.randrange(1_000)]),
            style=rng.choice(["", "", "in ink"]),
            style_position=rng.choice(["prefix", "suffix"]),
            max_concurrency=rng.randrange(1, 7),
            min_interval=rng.choice([0.0, 0.0, 0.0, 0.001]),
            max_rate=rng.choice([None, None, None, 100_000.0]),
            retries=rng.randrange(4),
            timeout=HASTY if hasty else PATIENT,
            max_images=rng.choice([None, None, None, None, None, 5]),
            poll_interval=0.001,
            store=rng.choice([None, None, self.store]),
        )
        return Person(
            session=session,
            tale=told,
            source=text,
            witness=self.witness,
            studio=self.studio,
            quiet=quiet,
            hasty=hasty,
            manager=self.manager,
            rng=rng,
        )

    async def _compare_store(self) -> None:
        """Hold what the store has of each session to what became of it."""
        store = SessionStore(self.store, manager=SessionManager(ProgressManager()))
        stored = {each.id: each for each in store.sessions()}
        kept = [each for each in self.manager.sessions if each.id in stored]
        for session in kept:
            one, state = stored[session.id], session.progress
            assert one.status == session.status, (one, session)
            assert (one.succeeded, one.failed, one.cancelled) == (
                state.succeeded,
                state.failed,
                state.cancelled,
            ), (one, session)
            assert one.pending == 0, (one, session)
        self.totals["stored"] += len(kept)
        for session in kept[:RESUMED]:
            await self._resume(store, session)

    async def _resume(self, store: SessionStore, session: Session) -> None:
        """A session that is taken up again is there as it was, and nothing is made anew."""
        calls = self.studio.calls["picture"]
        again = store.resume(session.id, images=self._backend(0))
        with contextlib.suppress(StreamError):
            await again
        assert (again.status, again.text) == (session.status, session.text)
        assert [(each.status, each.versions, each.image) for each in again.images] == [
            (each.status, each.versions, each.image) for each in session.images
        ], session
        assert self.studio.calls["picture"] == calls
        self.totals["resumed"] += 1


async def left_running(before: Leftovers) -> dict[str, Any]:
    """Return the tasks, threads and files that were not there, once all had the time to end."""
    with contextlib.suppress(TimeoutError):
        await until(lambda: not before.beyond(), timeout=30)
    return before.beyond()


async def left_alive(before: Leftovers) -> Counter[str]:
    """Return the objects that were not there; a timer may hold some for a moment."""
    for _ in range(20):
        if not objects() - before.objects:
            break
        await asyncio.sleep(0.5)  # of the loop's time, which stands still while one looks
    return objects() - before.objects


@pytest.mark.timeout(900)
async def test_every_prompt_of_thousands_ends_once_and_nothing_is_left(tmp_path, complaints):
    print(f"NBKIT_SOAK_SEED={SEED} NBKIT_SOAK_PROMPTS={PROMPTS}")
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: complaints.append(f"the loop: {context}")
    )
    studio = Studio(SEED, RATE)
    await studio.start()
    try:
        await soak(studio, tmp_path / "store")
    finally:
        await studio.aclose()
    assert complaints == []


async def soak(studio: Studio, store: Path) -> None:
    """Play rounds until there were prompts enough, and look at what each has left behind."""
    before, done = Leftovers(), 0
    progress_manager = ProgressManager()
    for number in itertools.count():
        played = Round(number, studio, store, progress_manager)
        await played.run(min(ROUND if number else ROUND // 4, PROMPTS - done))
        assert played.witness.broken == []
        done += played.prompts
        print(dict(sorted(played.totals.items())))
        del played
        studio.forget()
        assert await left_running(before) == {}
        if number == 0:
            before = Leftovers()  # by now whatever is loaded once has been
        assert await left_alive(before) == {}
        now = Leftovers()
        blocks, heap = now.blocks - before.blocks, now.heap - before.heap
        print(f"{done} prompts, {dict(studio.calls)}; left: {blocks} blocks, {heap} bytes")
        assert blocks < BLOCKS + BLOCKS_EACH * done
        assert heap < BYTES + BYTES_EACH * done
        if done >= PROMPTS:
            return
