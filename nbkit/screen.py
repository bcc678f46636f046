"""Where a session is seen: a protocol that the notebook fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nbkit.session import Session


class Screen(Protocol):
    """What a session needs of a place to be seen; without one it runs all the same."""

    def show(self, session: Session) -> None:
        """Display the session here and now."""
        ...

    async def reach(self, session: Session) -> None:
        """Wait, not for long, until whoever looks on can be brought up to date; on its loop."""
        ...

    def update(self, session: Session, *, awaited: bool) -> None:
        """Bring what is displayed up to date: the session has ended, or whoever awaited it is."""
        ...

    def freeze(self, session: Session, max_bytes: int | None = None) -> None:
        """Replace what is displayed by static HTML of at most so many bytes."""
        ...

    def present(self, session: Session) -> bool:
        """Show the session as a cell's result, unless that cell has shown it.

        ``False`` where its repr is to be shown instead.
        """
        ...
