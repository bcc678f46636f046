"""Events that cost little until somebody looks at them.

A change is announced to all who listen, and most of them look at neither the state nor the task.
So both are noted down as they stand, and made into records when they are asked for.
"""

from __future__ import annotations

from typing import Any

from nbkit.models import EncodedImage, EventName, MessageId, MessageState, ProgressEvent, Task

_set = object.__setattr__  # the records are frozen


class StateNote:
    """How a message stood: the fields of its ``MessageState``, in their order."""

    __slots__ = ("_facts", "_state")

    def __init__(self, facts: tuple[Any, ...]) -> None:
        self._facts = facts
        self._state: MessageState | None = None

    def state(self) -> MessageState:
        """Make the record."""
        if self._state is None:
            self._state = MessageState(*self._facts)
        return self._state


class NotedEvent(ProgressEvent):
    """A progress event that makes its records when they are looked at, as of its own change.

    ``about`` is the task, or its fields in the order of ``Task``'s.
    """

    __slots__ = ("_about", "_note")

    _about: Task | tuple[Any, ...] | None
    _note: StateNote

    def __init__(
        self,
        name: EventName,
        message_id: MessageId,
        note: StateNote,
        about: Task | tuple[Any, ...] | None = None,
        image: EncodedImage | None = None,
    ) -> None:
        _set(self, "name", name)
        _set(self, "message_id", message_id)
        _set(self, "image", image)
        _set(self, "_note", note)
        _set(self, "_about", about)

    @property
    def state(self) -> MessageState:
        """How the message stood after the change."""
        return self._note.state()

    @property
    def task(self) -> Task | None:
        """How the task stood after the change; ``None`` where the event is about none."""
        about = self._about
        if isinstance(about, tuple):
            about = Task(*about)
            _set(self, "_about", about)
        return about

    def __reduce__(self) -> tuple[Any, ...]:
        return ProgressEvent, (self.name, self.message_id, self.state, self.task, self.image)
