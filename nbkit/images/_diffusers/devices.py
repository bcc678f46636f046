"""One thread for each device: what runs on it, and the models that lie in its memory."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import importlib
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from nbkit.errors import BackendError, explain
from nbkit.threads import fulfil

P = ParamSpec("P")
T = TypeVar("T")


class Device(Executor):
    """Does one thing at a time, in the order asked, in a daemon thread of its own.

    What is cancelled before its turn is never done. A call that hangs holds up all that comes
    after it, as the device itself would, but nobody's exit.

    Attributes
    ----------
    models
        What has been loaded; only the device's own thread looks at it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.models: dict[Any, Any] = {}
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._run, name=f"nbkit-{name}", daemon=True).start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Let a function have its turn."""
        future: Future[T] = Future()

        def work() -> None:
            if future.set_running_or_notify_cancel():
                fulfil(future, fn, *args, **kwargs)

        self._work.put(work)
        return future

    async def run(self, function: Callable[..., T], /, *args: Any) -> T:
        """Await a function's turn and its end, with the caller's context variables.

        Cancelling the await returns at once; a function that has begun goes on unheard.
        """
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self, context.run, function, *args)

    def _run(self) -> None:
        while True:
            # Called without a name: one would keep a picture's memory until the next comes.
            self._work.get()()


_devices: dict[str, Device] = {}
_lock = threading.Lock()


def device_named(name: str) -> Device:
    """Return the process's one thread for a device, whichever backend asks."""
    # In a thread that chose no other, a device without a number is the first.
    name = name.removesuffix(":0")
    with _lock:
        if name not in _devices:
            _devices[name] = Device(name)
        return _devices[name]


def best_device() -> str:
    """Find where a model runs fastest here: CUDA, else Apple's MPS, else the processor.

    Blocking: it imports torch.

    Raises
    ------
    BackendError
        If torch is broken.
    """
    try:
        torch: Any = importlib.import_module("torch")
    except Exception as error:
        raise BackendError(f"torch cannot be imported: {explain(error)}") from error
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def free_memory() -> None:
    """Give back to the devices what torch keeps of them without needing it."""
    gc.collect()
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
