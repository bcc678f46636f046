"""What there is to see of a session, whoever looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nbkit import export
from nbkit.errors import StoreError
from nbkit.models import ImagePrompt, ImageResult, MessageState, SessionStatus
from nbkit.run import Run
from nbkit.story import Story


class SessionView:
    """The half of a :class:`nbkit.Session` that changes nothing; the other half sets its fields."""

    story: Story
    _run: Run

    @property
    def status(self) -> SessionStatus:
        """``"running"``, ``"completed"``, ``"cancelled"`` or ``"failed"`` (the source failed)."""
        return self._run.status

    @property
    def error(self) -> BaseException | None:
        """Why it failed."""
        return self._run.error

    @property
    def text(self) -> str:
        """The raw reply so far, image tags included."""
        return self._run.text

    @property
    def text_cut(self) -> bool:
        """Whether the text ends where it does because a former kernel was killed there."""
        stored = self._run.recording.stored
        return stored is not None and stored.text_end == "cut"

    @property
    def store_error(self) -> StoreError | None:
        """Why the session is not kept in its store; it goes on without it."""
        return self._run.recording.error

    @property
    def prompts(self) -> tuple[ImagePrompt, ...]:
        """The prompts found so far, in text order."""
        return tuple(self._run.images.prompts)

    @property
    def progress(self) -> MessageState:
        """How the images stand."""
        return self._run.progress

    @property
    def images(self) -> list[ImageResult]:
        """A result for each slot, in text order, whatever its state."""
        return self._run.images.results()

    @property
    def paused(self) -> bool:
        """Whether new generations are held back."""
        return self._run.images.queue.paused

    @property
    def elapsed(self) -> float:
        """Seconds from the start until now, or until the end."""
        return self._run.elapsed

    def to_html(self) -> str:
        """Return the story as a static HTML fragment, images within."""
        return self.story.to_html()

    def to_markdown(self) -> str:
        """Return the story as Markdown; images are named ``images/image-1.webp`` and so on."""
        return self.story.to_markdown()

    def save(self, path: str | Path) -> Path:
        """Write the story to one file: ``.html``, ``.md`` (with a folder of images) or ``.ipynb``.

        Page and notebook hold what nbkit has rendered and sanitised; Markdown is the model's own
        text, raw HTML and addresses included, and for readers who trust it.

        Raises
        ------
        ValueError
            If the name ends otherwise.
        """
        return export.save(self.story, Path(path))

    def subscribe(self, handler: Callable[[], None]) -> Callable[[], None]:
        """Call ``handler()`` on the loop after anything visible has changed; returns its end."""
        return self._run.views.subscribe(handler)
