"""Who is told of a change, and in which order, also where a handler hangs or is interrupted."""

import logging
import threading

import pytest
from unit.progress_kit import held_by_its_handler

from nbkit._progress import handlers
from nbkit._progress.handlers import Handlers
from nbkit.progress import ProgressManager


@pytest.fixture
def manager():
    return ProgressManager()


def test_one_that_an_earlier_handler_has_unsubscribed_is_passed_over_alone(
    manager,
):
    heard, ends = [], []
    manager.on("task", lambda _: ends[0]())
    ends.append(manager.on("task", lambda _: heard.append("gone")))
    manager.on("task", lambda _: heard.append("stays"))
    manager.register_tasks(42, 1)
    assert heard == ["stays"]


class Interrupted(threading.Condition):
    """Is interrupted in its first wait."""

    def wait(self, timeout=None):
        self.wait = super().wait
        raise KeyboardInterrupt


def test_a_thread_that_is_interrupted_while_it_waits_for_its_turn_holds_up_nobody(manager):
    line = manager._ledger.handlers
    line._turn = Interrupted(line._gate)
    a, b, c = manager.register_tasks(42, 3)
    with held_by_its_handler(manager, a) as heard:
        with pytest.raises(KeyboardInterrupt):
            manager.complete_task(42, b)
        assert len(line._line) == 1  # the first alone, which is still at it
    manager.complete_task(42, c)
    assert heard == [a, c]
    assert manager.is_complete(42)
    assert not line._line


def test_a_hung_handler_is_waited_for_as_long_as_was_said_and_no_longer(monkeypatch, caplog):
    line, now, waits = Handlers(), [100.0], []

    def wait(seconds):
        waits.append(seconds)
        now[0] += 4.5  # woken early, as by another's end

    monkeypatch.setattr(handlers.time, "monotonic", lambda: now[0])
    line._turn.wait = wait
    line.enqueue([object()])
    mine = line.enqueue([object()])
    line._await_turn(mine)
    assert waits == [5.0, 0.5]
    assert [entry.levelno for entry in caplog.records] == [logging.WARNING]
    assert list(line._line) == [mine]
    line._await_turn(mine)
    assert len(waits) == 2
