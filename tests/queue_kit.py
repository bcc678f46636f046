"""A backend that does as it is told, and a queue of it on the virtual loop."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from nbkit.errors import BackendError
from nbkit.models import EncodedImage, ImageRequest, Preview
from nbkit.progress import ProgressManager
from nbkit.queue import QueueProcessor
from nbkit.testing import run

IMAGE = EncodedImage(b"picture", "image/png", 1, 1)

Action = Any
"""An error to raise, seconds to take, or a coroutine function ``(request, on_preview)``."""


class Backend:
    """Takes ``seconds`` for an image; ``script`` has other actions for the attempts at a prompt."""

    def __init__(self, seconds: float = 1.0, script: dict[str, Iterable[Action]] | None = None):
        self.seconds = seconds
        self.script = {prompt: list(actions) for prompt, actions in (script or {}).items()}
        self.starts: list[tuple[float, str]] = []
        self.requests: list[ImageRequest] = []
        self.active = 0
        self.peak = 0

    @property
    def order(self) -> list[str]:
        return [prompt for _, prompt in self.starts]

    @property
    def times(self) -> list[float]:
        first = self.starts[0][0]
        return [round(time - first, 6) for time, _ in self.starts]

    async def generate(
        self, request: ImageRequest, *, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        self.starts.append((asyncio.get_running_loop().time(), request.prompt))
        self.requests.append(request)
        actions = self.script.get(request.prompt)
        action = actions.pop(0) if actions else self.seconds
        self.active += 1
        self.peak = max(self.peak, self.active)
        try:
            if isinstance(action, BaseException):
                raise action
            if callable(action):
                return await action(request, on_preview)
            if action:
                await asyncio.sleep(action)
            return IMAGE
        finally:
            self.active -= 1

    async def aclose(self) -> None:
        pass


def once_busy(seconds: float) -> Backend:
    """Refuse the first attempt at ``a``, which may be tried again."""
    return Backend(seconds, {"a": [BackendError("busy", retryable=True)]})


async def hang(request: ImageRequest, on_preview: Any) -> EncodedImage:
    """Hang until cancelled."""
    await asyncio.get_running_loop().create_future()
    return IMAGE


async def swallow(request: ImageRequest, on_preview: Any) -> EncodedImage:
    """Take no notice of being cancelled, and report and answer far too late."""
    end = asyncio.get_running_loop().time() + 50.0
    while (left := end - asyncio.get_running_loop().time()) > 0:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            on_preview(Preview(0.5))
    on_preview(Preview(1.0))
    return IMAGE


class Bench:
    """A queue, its manager on the loop's clock, and a record of what they told."""

    def __init__(
        self, backend: Any = None, *, manager: Any = None, record: bool = True, **options: Any
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()
        self.backend = backend or Backend()
        self.manager = manager or ProgressManager(clock=self.loop.time)
        self.message_id = options.pop("message_id", 42)
        self.manager.register_tasks(self.message_id, 0)
        self.results: list[tuple[str, str]] = []
        self.previews: list[tuple[str, float]] = []
        self.history: list[tuple[float, str, str]] = []
        if record:
            self.manager.on("task", self._note, message_id=self.message_id)
        options.setdefault("rng", random.Random(7))
        options.setdefault("on_result", lambda t: self.results.append((t.prompt, t.status)))
        options.setdefault("on_preview", lambda i, p: self.previews.append((i, p.fraction)))
        self.queue = QueueProcessor(
            self.backend, progress_manager=self.manager, message_id=self.message_id, **options
        )

    def _note(self, event: Any) -> None:
        self.check()
        self.history.append((self.time, event.task.prompt, event.task.status))

    @property
    def time(self) -> float:
        return round(self.loop.time() - self.began, 6)

    def task(self, task_id: str) -> Any:
        return self.manager.get_task(self.message_id, task_id)

    @property
    def statuses(self) -> list[str]:
        return [task.status for task in self.manager.get_tasks(self.message_id)]

    @property
    def state(self) -> Any:
        return self.manager.get_state(self.message_id)

    def check(self) -> None:
        """Assert that the counts are those of the tasks."""
        state = self.state
        counted = Counter(self.statuses)
        names = ("queued", "waiting", "running", "retrying", "succeeded", "failed", "cancelled")
        assert {name: getattr(state, name) for name in names} == {n: counted[n] for n in names}
        assert state.total == len(self.statuses)

    def submit(self, *prompts: str) -> list[str]:
        return [self.queue.submit(prompt) for prompt in prompts]

    async def finish(self) -> None:
        self.queue.start()
        await self.queue.drain()


async def settle(steps: int = 10) -> None:
    """Let the loop go round without letting time pass."""
    for _ in range(steps):
        await asyncio.sleep(0)


def others() -> set[asyncio.Task[Any]]:
    """All tasks but the one that asks."""
    return asyncio.all_tasks() - {asyncio.current_task()}


def on_loop(main: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Make a test of a coroutine function, run on the virtual loop, that leaves nothing behind."""

    async def guarded() -> None:
        await main()
        await settle()
        assert not others(), "tasks were left behind"

    def test() -> None:
        run(guarded)

    test.__name__ = main.__name__
    return test
