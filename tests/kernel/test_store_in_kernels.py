"""A real kernel is killed while it illustrates; a new one goes on from the store."""

from __future__ import annotations

import pytest
from kernel.kernels import Kernel

import nbkit

pytestmark = pytest.mark.kernel

BEGIN = """
import nbkit

async def text():
    for number in range(6):
        yield f'Part {{number}} <!--img-prompt="a fox number {{number}}"--> told. '

images = "sketch?duration=0&width=64&height=64"
session = nbkit.illustrate(text(), images=images, store="kept", max_concurrency=1, message_id=7)
nbkit.progress_manager.on(
    "image-completed", lambda event: event.state.succeeded == {stop} and session.pause()
)
"""

RESUME = """
import nbkit

calls = []
store = nbkit.open_store("kept")
(stored,) = store.sessions()
session = store.resume(stored.id)
nbkit.progress_manager.on("task", lambda event: event.task.status == "running" and calls.append(1))
at_once = session.progress.succeeded, len(session.text)
await session
print(stored.status, *at_once, session.status, session.progress.succeeded, len(calls))
"""


@pytest.mark.parametrize("stop", [1, 4])
def test_a_new_kernel_finishes_what_a_killed_one_began(tmp_path, stop):
    first = Kernel(tmp_path).start()
    try:
        first.run_ok(BEGIN.format(stop=stop))
        first.until(lambda: len(waiting(tmp_path)) == 6 - stop)
        first.kill()
        first.run_no_wait("1")
    finally:
        first.shutdown()
    second = Kernel(tmp_path).start()
    try:
        cell = second.run_ok(RESUME)
        length = sum(len(f'Part {n} <!--img-prompt="a fox number {n}"--> told. ') for n in range(6))
        assert cell.stdout.split() == [
            "interrupted", str(stop), str(length), "completed", "6", str(6 - stop)
        ]  # fmt: skip
        # It shows itself, as what illustrate starts does; nobody looks, so it is frozen at once.
        assert any("a fox number 5" in out.data.get("text/html", "") for out in cell.outputs)
        again = second.run_ok(
            "other = nbkit.illustrate(iter('x'), message_id=7, store='kept')\n"
            "await other\nprint(len(store.sessions()))"
        )
        assert again.stdout.strip() == "2"
    finally:
        second.shutdown()


def waiting(folder):
    """The images that are not made yet, once all are in the store."""
    try:
        (stored,) = nbkit.SessionStore(folder / "kept").sessions()
    except (nbkit.StoreError, ValueError):
        return []
    return [None] * stored.pending if stored.total == 6 else []


def test_a_session_that_another_kernel_runs_is_refused(tmp_path):
    kernel = Kernel(tmp_path).start()
    try:
        kernel.run_ok(BEGIN.format(stop=1))
        kernel.until(lambda: len(waiting(tmp_path)) == 5)
        store = nbkit.SessionStore(tmp_path / "kept")
        (stored,) = store.sessions()
        assert stored.status == "running"
        with pytest.raises(nbkit.StoreError, match="runs in process"):
            store.resume(stored.id)
    finally:
        kernel.shutdown()
