"""The trait that widgets observe: how all messages stand, brought up to date without haste."""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import Any, cast

import traitlets

from nbkit._progress.coalesce import Coalescer
from nbkit._progress.ledger import Ledger
from nbkit._progress.standing import States
from nbkit.models import MessageId, Task

_logger = logging.getLogger("nbkit.progress")


class _StatesTrait(traitlets.TraitType[Any, Any]):
    """How the messages stand; where no loop is left to bring it up to date, reading it does."""

    default_value: Any = MappingProxyType({})
    info_text = "a mapping of message id to MessageState"

    def get(self, obj: Any, cls: Any = None) -> Any:
        states = cast("ObservedStates", obj)._states_without_loop()  # noqa: SLF001 - its owner
        return super().get(obj, cls) if states is None else states


class ObservedStates(traitlets.HasTraits):
    """Follows a ledger with the trait ``messages``; an observer that raises harms no other."""

    messages = _StatesTrait(read_only=True, help="How each tracked message stands, by its id.")

    _ledger: Ledger

    def __init__(self) -> None:
        super().__init__()
        self._coalescer = Coalescer(self._publish)

    def flush(self) -> None:
        """Bring ``messages`` up to date now; from another thread, as soon as the loop is free."""
        self._coalescer.flush()

    def glance(self, message_id: MessageId, pictures: int) -> tuple[str, tuple[Task, ...]]:
        """Return what a row shows of a message beside its state, at the same cost for any.

        That is the first prompt of its tasks, and the tasks whose images came last, at most
        ``pictures`` of them, the newest last. Of a message that is not tracked there is neither.
        """
        with self._ledger.lock:
            record = self._ledger.records.get(message_id)
            return ("", ()) if record is None else (record.prompt, record.pictured(pictures))

    def _publish(self) -> None:
        if self._ledger.states.behind:
            self.set_trait("messages", self._ledger.states.take())

    def _states_without_loop(self) -> States | None:
        ledger = self.__dict__.get("_ledger")  # missing while traitlets sets the object up
        if ledger is None or self._coalescer.see_loop() is not None or not ledger.states.behind:
            return None
        states: States = ledger.states.peek()
        return states

    def _notify_observers(self, event: Any) -> None:
        """Notify observers as traitlets does, but each whatever the others do."""
        table, calls = self._trait_notifiers, []
        for name in (event["name"], traitlets.All):
            for kind in (event["type"], traitlets.All):
                calls += table.get(name, {}).get(kind, [])
        for call in calls:
            declared = isinstance(call, traitlets.EventHandler) and call.name is not None
            try:
                (getattr(self, call.name) if declared else call)(event)
            except Exception:
                _logger.exception("an observer of %r failed", event["name"])
