"""Signals that wake a loop which sleeps, so that what their handlers ask of it is done at once.

A handler runs in the main thread, in the middle of what that does. Where it is a loop that sleeps
there, the handler runs, and the loop sleeps on: ``call_soon``, by which ipykernel 7.4 tells a cell
of an interrupt, does not wake it. The interpreter writes to a socket at each signal if it is given
one (``signal.set_wakeup_fd``), and a loop can wait for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Iterator


class _Waker:
    """A pair of sockets: the interpreter writes to one, the loop reads from the other."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.waits = 0
        self._loop = loop
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)
        loop.add_reader(self._read, self._drain)

    def fileno(self) -> int:
        """Return what is to be written to."""
        return self._write.fileno()

    def close(self) -> None:
        """Let go of the sockets."""
        self._loop.remove_reader(self._read)
        self._read.close()
        self._write.close()

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._read.recv(4096)


_wakers: dict[asyncio.AbstractEventLoop, _Waker] = {}
"""Those of the loops of the main thread that wait; the latest is told of signals."""


@contextlib.contextmanager
def woken_by_signals() -> Iterator[None]:
    """Have each signal wake the running loop, for as long.

    The loop of another thread has nothing to hear, and one that rests on no selector wakes by
    itself. Where somebody else is told of signals, as a loop is that has handlers of its own,
    that stays so.
    """
    loop = asyncio.get_running_loop()
    if not (isinstance(loop, asyncio.SelectorEventLoop) and _in_main_thread()):
        yield
        return
    waker = _wakers.get(loop)
    if waker is None:
        waker = _wakers[loop] = _Waker(loop)
        _tell_the_latest()
    waker.waits += 1
    try:
        yield
    finally:
        waker.waits -= 1
        # A wait that is dropped with its loop may end in any thread; its sockets stay then.
        if not waker.waits and _in_main_thread():
            del _wakers[loop]
            _tell_the_latest(instead_of=waker)
            waker.close()


def _tell_the_latest(*, instead_of: _Waker | None = None) -> None:
    latest = next(reversed(_wakers.values()), None)
    ours = {each.fileno() for each in (*_wakers.values(), instead_of) if each is not None}
    told = signal.set_wakeup_fd(
        -1 if latest is None else latest.fileno(),
        warn_on_full_buffer=False,  # one signal that is there to be read is as good as many
    )
    if told != -1 and told not in ours:
        signal.set_wakeup_fd(told)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
