"""What tests of the progress manager have in common: a clock, and a record of all events."""

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
