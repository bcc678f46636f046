"""What the view of a story needs of a session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol

from nbkit.models import MessageState, SessionStatus

if TYPE_CHECKING:
    from nbkit.progress import ProgressManager
    from nbkit.story import Story


class PreviewSession(Protocol):
    """What the view needs of a session; :class:`nbkit.Session` is one."""

    @property
    def story(self) -> Story:
        """The document."""
        ...

    @property
    def status(self) -> SessionStatus:
        """Where it stands."""
        ...

    @property
    def error(self) -> BaseException | None:
        """Why it failed."""
        ...

    @property
    def progress(self) -> MessageState:
        """How its images stand."""
        ...

    @property
    def progress_manager(self) -> ProgressManager:
        """Who tracks its images, and by which clock."""
        ...

    @property
    def paused(self) -> bool:
        """Whether new generations are held back."""
        ...

    @property
    def size(self) -> tuple[int | None, int | None]:
        """Width and height in pixels that its backend is asked for, ``None`` where left open."""
        ...

    @property
    def elapsed(self) -> float:
        """Seconds it has taken."""
        ...

    def subscribe(self, handler: Callable[[], None]) -> Callable[[], None]:
        """Call ``handler`` on the loop after each change; returns its end."""
        ...

    def cancel(self) -> None: ...  # noqa: D102 - the commands are the session's own
    def pause(self) -> None: ...  # noqa: D102
    def resume(self) -> None: ...  # noqa: D102
    def retry(self, task_id: str | None = None) -> None: ...  # noqa: D102
    def generate(self, slot_id: str) -> None: ...  # noqa: D102

    def regenerate(  # noqa: D102
        self,
        task_id: str,
        prompt: str | None = None,
        mode: Literal["append", "replace"] = "append",
    ) -> None: ...

    def choose(self, task_id: str, version: int) -> None: ...  # noqa: D102
