"""What tests of the progress manager have in common: a clock, and a record of all events."""

import threading
from contextlib import contextmanager

from nbkit.models import EncodedImage

EVENTS = ("started", "updated", "task", "image-completed", "progress-complete", "cleared")
IMAGE = EncodedImage(b"x", "image/png")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def record(manager, **where):
    """Collect every event, as (name, message, status of its task)."""
    seen = []
    for name in EVENTS:
        manager.on(
            name,
            lambda event: seen.append(
                (event.name, event.message_id, event.task.status if event.task else None)
            ),
            **where,
        )
    return seen


def names(seen):
    return [name for name, *_ in seen]


@contextmanager
def held_by_its_handler(manager, task_id):
    """Complete a task of message 42 in a thread whose handler goes on at the end of the block.

    Gives the ids of the tasks that handlers have been done with, in their order.
    """
    heard, entered, go_on = [], threading.Event(), threading.Event()

    def hold(event):
        if event.task.id == task_id:
            entered.set()
            assert go_on.wait(60)
        heard.append(event.task.id)

    manager.on("task", hold)
    thread = threading.Thread(target=manager.complete_task, args=(42, task_id))
    thread.start()
    try:
        assert entered.wait(60)
        yield heard
    finally:
        go_on.set()
        thread.join(60)
