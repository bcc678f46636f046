"""What becomes of a session whose loop closes, in whichever order its tasks hear of it."""

import asyncio

import pytest
from unit.session_store_kit import Backend, Kernel, tags

from nbkit.testing import until


async def lasting(text):
    """A source that does not end by itself."""
    yield text
    await asyncio.Event().wait()


def close_in_order(monkeypatch, *first):
    """Have `asyncio.run` cancel the tasks whose coroutines have these names before the others."""
    all_tasks = asyncio.tasks.all_tasks

    def place(task):
        name = task.get_coro().__qualname__
        return next((at for at, each in enumerate(first) if name.endswith(each)), len(first))

    monkeypatch.setattr(
        "asyncio.runners.tasks.all_tasks", lambda loop: sorted(all_tasks(loop), key=place)
    )


@pytest.mark.parametrize(
    "first",
    [
        ("Dispatcher._dispatch",),
        ("Attempt._run", "Dispatcher._dispatch"),
        ("StreamingMonitor._pump", "Dispatcher._dispatch"),
        ("Run._run",),
    ],
)
def test_the_images_that_a_closing_loop_has_left_are_made_after_it(tmp_path, monkeypatch, first):
    kernel = Kernel(tmp_path)
    close_in_order(monkeypatch, *first)

    async def main():
        session = kernel.start(
            lasting(tags("a", "b")), images=Backend(a=asyncio.Event()), max_concurrency=1
        )
        await until(lambda: session.progress.running)

    asyncio.run(main())
    stored = kernel.store.sessions()[0]
    assert (stored.status, stored.pending, stored.cancelled) == ("interrupted", 2, 0)
    again = Backend()
    session = Kernel(tmp_path).resume(images=again)
    session.wait()
    assert (session.status, again.prompts) == ("completed", ["a", "b"])


def test_a_session_whose_task_is_cancelled_before_its_first_step_ends(tmp_path):
    kernel = Kernel(tmp_path)

    async def main():
        session = kernel.start(lasting("x"))
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        async with asyncio.timeout(10):
            return await session

    assert asyncio.run(main()).status == "cancelled"
    assert kernel.store.sessions()[0].status == "interrupted"


def test_a_session_that_was_cancelled_before_anybody_waited_runs_again_when_retried(tmp_path):
    Kernel(tmp_path).start(tags("a"), images=Backend(a=ValueError("no"))).wait()
    session = Kernel(tmp_path).resume(images=Backend())
    session.cancel()
    assert session.status == "cancelled"
    session.retry()
    assert session.status == "running"
    session.wait()
    assert session.status == "completed"
    assert [each.status for each in session.images] == ["succeeded"]


class Closing(asyncio.SelectorEventLoop):
    """A loop that is closed by its thread between a look at it and a call."""

    closing = False

    def call_soon_threadsafe(self, *call, **more):
        if self.closing:
            raise RuntimeError("Event loop is closed")
        return super().call_soon_threadsafe(*call, **more)


def test_what_a_thread_asks_of_a_loop_that_is_closed_this_moment_is_passed_over(tmp_path):
    kernel = Kernel(tmp_path)

    async def main():
        loop = asyncio.get_running_loop()
        session = kernel.start(lasting(tags("a")), images=Backend(a=asyncio.Event()))
        await until(lambda: session.progress.running)

        def ask():
            loop.closing = True
            session.pause()
            session.max_concurrency = 3
            loop.closing = False

        await asyncio.to_thread(ask)
        assert not session.paused

    with asyncio.Runner(loop_factory=Closing) as runner:
        runner.run(main())
