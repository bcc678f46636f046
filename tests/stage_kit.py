"""A stage: real threads that act one at a time, in the order that a script says.

The script decides after how many steps who goes on; a step is a line of the code under test, or
something done with a lock. The same script gives the same interleaving, so that Hypothesis can
choose one and shrink it.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator
from unittest.mock import patch


class StuckError(AssertionError):
    """Nobody can go on."""


class _Ended(BaseException):
    """Unwinds a thread that nobody waits for, when the play is over."""


class Actor:
    """A thread on the stage."""

    def __init__(self, stage: Stage, work: Callable[[], object], *, daemon: bool) -> None:
        self.stage, self.work, self.daemon = stage, work, daemon
        self.baton = threading.Semaphore(0)
        self.blocked_by: Callable[[], bool] | None = None
        self.ended = False
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    @property
    def ready(self) -> bool:
        return not self.ended and (self.blocked_by is None or self.blocked_by())

    def _run(self) -> None:
        self.baton.acquire()
        sys.settrace(self.stage.trace)
        try:
            self.work()
        except _Ended:
            pass
        except BaseException as error:  # noqa: BLE001 - raised by play()
            self.error = error
        finally:
            sys.settrace(None)
            self.ended = True
            self.stage.pass_on()


class Stage:
    """Plays threads by a script of ``(steps, who)``: after so many steps that one goes on.

    ``modules`` are those under test: their lines are steps, and their locks the stage's own.
    """

    def __init__(self, modules: Iterable[types.ModuleType], script: Iterable[tuple[int, int]]):
        self.now = 1_000.0
        self.modules = list(modules)
        self._files = {module.__file__ for module in self.modules}
        self._script: Iterator[tuple[int, int]] = iter(script)
        self._left, self._next = next(self._script, (-1, 0))
        self._actors: list[Actor] = []
        self._by_thread: dict[threading.Thread, Actor] = {}
        self._curtain = threading.Event()
        self._over = False
        self._stuck = False

    @contextlib.contextmanager
    def set(self) -> Iterator[None]:
        """Give the modules the stage's locks and threads, and a clock that stands still."""
        names = types.SimpleNamespace(
            Lock=lambda: Lock(self, reentrant=False),
            RLock=lambda: Lock(self, reentrant=True),
            Condition=lambda lock=None: Condition(self, lock),
            Thread=lambda target, **how: Thread(self, target, **how),
            Timer=lambda seconds, call, args=(): Timer(self, seconds, call, args),
            get_ident=threading.get_ident,
            current_thread=threading.current_thread,
            main_thread=threading.main_thread,
        )
        still = types.SimpleNamespace(monotonic=lambda: 0.0)
        with contextlib.ExitStack() as stack:
            for module in self.modules:
                for name, stand_in in (("threading", names), ("time", still)):
                    if hasattr(module, name):
                        stack.enter_context(patch.object(module, name, stand_in))
            yield

    def enter(self, work: Callable[[], object], *, daemon: bool = False) -> Actor:
        """Have one more thread take part."""
        actor = Actor(self, work, daemon=daemon)
        self._actors.append(actor)
        self._by_thread[actor.thread] = actor
        actor.thread.start()
        return actor

    def others(self, me: Actor | None) -> list[Actor]:
        """All who take part but one."""
        return [each for each in self._actors if each is not me]

    def play(self) -> None:
        """Play to the end, which is that of all threads but the daemons; raise their errors."""
        self.pass_on()
        assert self._curtain.wait(60), "a thread on the stage waits for something off it"
        self._over = True
        for actor in self._actors:
            actor.baton.release()
            actor.thread.join(10)
            assert not actor.thread.is_alive()
        for actor in self._actors:
            if actor.error is not None:
                raise actor.error
        if self._stuck:
            raise StuckError("the threads wait for one another")

    @property
    def over(self) -> bool:
        return self._over

    def acting(self) -> Actor | None:
        """The actor whose thread this is."""
        return self._by_thread.get(threading.current_thread())

    def trace(self, frame: types.FrameType, event: str, _: object) -> object:
        if frame.f_code.co_filename not in self._files:
            return None
        if event == "line":
            self.step()
        return self.trace

    def step(self) -> None:
        """Go on, or let another go on first."""
        actor = self.acting()
        if actor is None or self._over:
            return
        if self._left == 0:
            chosen = self._next
            self._left, self._next = next(self._script, (-1, 0))
            ready = [each for each in self._actors if each.ready]
            self._give(ready[chosen % len(ready)], actor)
        elif self._left > 0:
            self._left -= 1

    def block(self, until: Callable[[], bool]) -> None:
        """Let others go on until something holds."""
        actor = self.acting()
        if actor is None:
            assert until(), "off the stage nobody waits"
            return
        if self._over:
            raise _Ended
        actor.blocked_by = until
        while not until():
            self.pass_on(actor)
            if self._over:
                raise _Ended
        actor.blocked_by = None

    def pass_on(self, actor: Actor | None = None) -> None:
        """Let the first who can go on, in the order of their entrance."""
        if self._over:
            return
        for each in self._actors:
            if each.ready:
                self._give(each, actor)
                return
        self._stuck = any(not each.ended and not each.daemon for each in self._actors)
        self._curtain.set()
        if actor is not None:
            actor.baton.acquire()

    def _give(self, to: Actor, by: Actor | None) -> None:
        if to is by:
            return
        to.baton.release()
        if by is not None:
            by.baton.acquire()
            if self._over:
                raise _Ended


class Lock:
    """A lock, re-entrant or not."""

    def __init__(self, stage: Stage, *, reentrant: bool) -> None:
        self._stage, self._reentrant = stage, reentrant
        self._owner: threading.Thread | None = None
        self._count = 0

    def acquire(self) -> bool:
        me = threading.current_thread()
        self._stage.step()
        if not (self._reentrant and self._owner is me):
            self._stage.block(lambda: self._owner is None)
        self._owner = me
        self._count += 1
        return True

    def release(self) -> None:
        if self._stage.over and self._stage.acting() is not None:
            return
        assert self._owner is threading.current_thread(), "a lock is released by its owner"
        self._count -= 1
        if not self._count:
            self._owner = None
            self._stage.step()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def let_go(self) -> int:
        assert self._owner is threading.current_thread()
        count, self._count, self._owner = self._count, 0, None
        return count

    def take_back(self, count: int) -> None:
        self._stage.block(lambda: self._owner is None)
        self._owner, self._count = threading.current_thread(), count


class Condition:
    """A condition; its waits end by a notice, or when the stage's clock has passed their time."""

    def __init__(self, stage: Stage, lock: Lock | None) -> None:
        self._stage = stage
        self._lock = lock or Lock(stage, reentrant=True)
        self._waiting: list[list[bool]] = []

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        due = float("inf") if timeout is None else self._stage.now + timeout
        notice = [False]
        self._waiting.append(notice)
        count = self._lock.let_go()
        self._stage.block(lambda: notice[0] or self._stage.now >= due)
        self._waiting.remove(notice)
        self._lock.take_back(count)
        return notice[0]

    def notify_all(self) -> None:
        for notice in self._waiting:
            notice[0] = True
        self._stage.step()


class Thread:
    """A thread that the code under test starts."""

    def __init__(
        self, stage: Stage, target: Callable[[], object], *, name: str = "", daemon: bool = False
    ) -> None:
        self.name, self._stage, self._target, self._daemon = name, stage, target, daemon
        self._actor: Actor | None = None

    def start(self) -> None:
        self._actor = self._stage.enter(self._target, daemon=self._daemon)

    def is_alive(self) -> bool:
        return self._actor is not None and not self._actor.ended


class Timer(Thread):
    """A call after some of the stage's time."""

    def __init__(
        self, stage: Stage, seconds: float, call: Callable[..., object], args: tuple[object, ...]
    ) -> None:
        super().__init__(stage, self._ring)
        self.daemon = True
        self._due, self._call, self._args = stage.now + seconds, call, args
        self._cancelled = False

    def start(self) -> None:
        self._daemon = True
        super().start()

    def cancel(self) -> None:
        self._cancelled = True

    def _ring(self) -> None:
        self._stage.block(lambda: self._cancelled or self._stage.now >= self._due)
        if not self._cancelled:
            self._call(*self._args)


class _Selector(selectors.DefaultSelector):
    """Lets the others go on while its loop has nothing to do."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._stage.step()
        due = float("inf") if timeout is None else self._stage.now + timeout
        self._stage.block(lambda: self._stage.now >= due or bool(self.look()))
        return self.look()

    def look(self) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """An event loop of one actor, on the stage's time."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        super().__init__(_Selector(stage))

    def time(self) -> float:
        return self._stage.now
