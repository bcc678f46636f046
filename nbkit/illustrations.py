"""The images of one story: which task works for which slot, and what became of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from nbkit import export, pixels
from nbkit.errors import TaskError, no_image, reason
from nbkit.models import (
    FINAL,
    EncodedImage,
    ImageBackend,
    ImagePrompt,
    ImageResult,
    MessageId,
    Preview,
    Task,
)
from nbkit.progress import ProgressManager
from nbkit.queue import QueueProcessor
from nbkit.recording import Recording, StoredTask
from nbkit.slots import Version, showing
from nbkit.story import Slot, Story
from nbkit.threads import in_thread


class Illustrations:
    """Stands between a story and its queue: prompts go down as tasks, tasks come up as slots.

    ``on_change()`` is called after a slot has changed. All calls are made on the loop.
    """

    def __init__(
        self,
        story: Story,
        backend: ImageBackend,
        *,
        progress_manager: ProgressManager,
        message_id: MessageId,
        max_images: int | None,
        on_change: Callable[[], None],
        recording: Recording,
        seed: int | None = None,
        **limits: Any,
    ) -> None:
        self.queue = QueueProcessor(
            backend,
            progress_manager=progress_manager,
            message_id=message_id,
            accept=self._accept,
            on_preview=self._on_preview,
            on_abandon=recording.leave,  # what is cancelled then has been stopped by nobody
            seed=seed,
            **limits,
        )
        self.prompts: list[ImagePrompt] = []
        self._checked = getattr(backend, "checks_images", False)
        self._seed = seed
        self._story = story
        self._manager = progress_manager
        self._message_id = message_id
        self._max_images = max_images
        self._on_change = on_change
        self._recording = recording
        self._slot_of: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._replacing: set[str] = set()
        self._displays: dict[str, EncodedImage] = {}
        self._tasks: dict[str, Task] = {}
        self._tracking_again = False

    def add(self, prompt: ImagePrompt) -> None:
        """Give a prompt its slot at the end of the story so far, and its task."""
        self.prompts.append(prompt)
        slot_id = self._story.add_slot(prompt)
        place = self._places[slot_id] = len(self._places)
        stored = self._recording.stored
        if stored is not None and place in stored.tasks:
            self._restore(slot_id, stored.tasks[place], stored.chosen.get(place))
        elif self._max_images is not None and len(self.prompts) > self._max_images:
            self._story.set_slot(slot_id, status="skipped")
        else:
            self._submit(slot_id, prompt.text)
        self._on_change()

    def generate(self, slot_id: str) -> bool:
        """Make a task of a slot that ``max_images`` had left out; tells whether it was one."""
        slot = self._story.slots.get(slot_id)
        if slot is None or slot.status != "skipped":
            return False
        self._submit(slot_id, slot.prompt)
        return True

    def retry(self, task_id: str | None) -> bool:
        """Try one failed task again, or all of them; tells whether any is."""
        if task_id is not None:
            task = self.check_known(task_id)
            if task.status == "failed":  # also one that a newer one has followed
                self._work_for(self._slot_of[task_id], task_id, task.prompt)
            return self.queue.retry(task_id)
        failed = [slot.task_id for slot in self._story.slots.values() if slot.status == "failed"]
        return sum(self.queue.retry(each) for each in failed if each is not None) > 0

    def check_known(self, task_id: str) -> Task:
        """Return a task, or raise ``ValueError`` for one that is unknown."""
        task = self._tasks.get(task_id)
        if task is None:
            raise ValueError(f"message {self._message_id} has no task {task_id!r} in a slot")
        return task

    def check_finished(self, task_id: str) -> None:
        """Raise ``ValueError`` for a task that is unknown or unfinished."""
        task = self.check_known(task_id)
        if task.status not in FINAL:
            raise ValueError(f"task {task_id!r} is still {task.status}: wait for it, or cancel")

    def track_again(self) -> None:
        """Register what has become of the tasks once more, if the message is tracked no longer."""
        if self._manager.is_tracking(self._message_id):
            return
        self._tracking_again = True  # the slots have followed all of this before
        self._manager.register_tasks(self._message_id, 0)
        for task in self._tasks.values():
            self._manager.register_task(
                self._message_id, task.id, prompt=task.prompt, max_attempts=task.max_attempts
            )
            if task.status == "succeeded":
                self._manager.complete_task(self._message_id, task.id, image=task.image)
            elif task.status == "failed":
                self._manager.fail_task(self._message_id, task.id, error=task.error)
            else:
                self._manager.cancel_task(self._message_id, task.id)
        self._tracking_again = False

    def regenerate(self, task_id: str, prompt: str | None, *, replace: bool) -> bool:
        """Submit a new task for the slot of a finished one; always ``True``.

        The prompt is by default that of the image shown.
        """
        slot = self.slot_of(task_id)
        # The same prompt and seed would give the same image again.
        made = sum(of == slot.id for of in self._slot_of.values())
        seed = (self._seed or 0) + made
        self._submit(slot.id, prompt or slot.prompt, replaces=replace, seed=seed)
        return True

    def slot_of(self, task_id: str) -> Slot:
        """Return the slot that a task works for, or raise ``ValueError``."""
        self.check_known(task_id)
        return self._story.slots[self._slot_of[task_id]]

    def choose(self, task_id: str, version: int) -> None:
        """Show a version in the slot of a task; one that has gone meanwhile changes nothing."""
        slot = self.slot_of(task_id)
        if -len(slot.versions) <= version < len(slot.versions):
            version %= len(slot.versions)
            self._story.set_slot(slot.id, **showing(slot.versions, version))
            self._recording.chosen(slot.versions[version].task_id)

    def any_cancelled(self) -> bool:
        """Tell whether an image has been stopped on its way."""
        return any(slot.status == "cancelled" for slot in self._story.slots.values())

    def results(self) -> list[ImageResult]:
        """Return a result for each slot, in text order."""
        return [self._result(slot) for slot in self._story.slots.values()]

    def show(self, task: Task) -> None:
        """Bring a task's slot up to date with it."""
        slot_id = self._slot_of.get(task.id)
        if slot_id is None or self._tracking_again:
            return
        self._recording.changed(task)
        task = self._tasks[task.id] = self._recording.as_was(task)
        slot = self._story.slots[slot_id]
        changes = _as_shown(task) if slot.task_id == task.id else {}
        if task.status == "succeeded" and task.image is not None:
            # Also of a task that a newer one has followed: its image is a version like any.
            kept = self._kept(slot, task.id)
            display = self._displays.get(task.id, task.image)
            made = Version(task.image, display, task.prompt, task.id)
            changes |= showing((*kept, made), len(kept))
        if task.status in FINAL:
            self._displays.pop(task.id, None)
            if task.status != "failed":
                self._replacing.discard(task.id)
        if changes:
            self._story.set_slot(slot_id, **changes)
            self._on_change()

    def _submit(
        self, slot_id: str, prompt: str, *, replaces: bool = False, **overrides: Any
    ) -> None:
        task_id = self.queue.submit(prompt, **overrides)
        place = self._places[slot_id]
        self._recording.submitted(task_id, place, prompt, overrides, replaces=replaces)
        self._take_on(slot_id, task_id, prompt, replaces=replaces)

    def _restore(self, slot_id: str, stored: Sequence[StoredTask], chosen: int | None) -> None:
        """Make the tasks of a former kernel those of a slot; what was finished there stays so."""
        ids: dict[str, int] = {}
        for each in stored:
            if each.status == "queued":
                task_id = self.queue.submit(each.prompt, **each.overrides)
            elif each.status == "failed":
                error = TaskError(no_image(each.prompt, each.error or "no reason was kept"))
                error.prompt = each.prompt
                task_id = self.queue.submit_failed(each.prompt, error, **each.overrides)
            else:
                task_id = self._manager.register_task(self._message_id, prompt=each.prompt).id
            ids[task_id] = each.number
            self._recording.restored(task_id, self._places[slot_id], each)
            if each.image is not None:
                self._displays[task_id] = each.display or each.image
                self._manager.complete_task(self._message_id, task_id, image=each.image)
            elif each.status == "cancelled":
                self._manager.cancel_task(self._message_id, task_id)
            self._take_on(slot_id, task_id, each.prompt, replaces=each.replaces)
        versions = self._story.slots[slot_id].versions
        for index, version in enumerate(versions):
            if ids.get(version.task_id or "") == chosen:
                self._story.set_slot(slot_id, **showing(versions, index))

    def _take_on(self, slot_id: str, task_id: str, prompt: str, *, replaces: bool) -> None:
        """Have a slot follow a new task, as it stands and from now on."""
        self._slot_of[task_id] = slot_id
        if replaces:
            self._replacing.add(task_id)
        self._work_for(slot_id, task_id, prompt)
        task = self._manager.get_task(self._message_id, task_id)
        if task is not None:
            self.show(task)

    def _work_for(self, slot_id: str, task_id: str, prompt: str) -> None:
        """Have a slot follow a task from now on."""
        changes = {"task_id": task_id, "task_prompt": prompt}
        if not self._story.slots[slot_id].versions:
            changes["prompt"] = prompt
        self._story.set_slot(slot_id, **changes)

    def _kept(self, slot: Slot, task_id: str) -> tuple[Version, ...]:
        """Return the versions that stay beside a new one: all, or those asked for after it."""
        if task_id not in self._replacing:
            return slot.versions
        former = set(itertools.takewhile(lambda each: each != task_id, self._slot_of))
        return tuple(each for each in slot.versions if each.task_id not in former)

    async def _accept(self, task_id: str, image: EncodedImage) -> EncodedImage:
        """Check what a backend has made, unless it does so itself, and shrink a copy for show."""
        if not self._checked:
            image = await in_thread(pixels.check_image, image.data)
        display = self._displays[task_id] = await export.display_version(image)
        task = self._manager.get_task(self._message_id, task_id)
        await self._recording.image(task, image, display, self.queue.request_of(task_id))
        return image

    def _on_preview(self, task_id: str, preview: Preview) -> None:
        slot = self._story.slots[self._slot_of[task_id]]
        if slot.task_id == task_id:
            self._story.set_slot(slot.id, preview=preview)
            self._on_change()

    def _result(self, slot: Slot) -> ImageResult:
        task = self._tasks.get(slot.task_id or "")
        return ImageResult(
            task_id=slot.task_id,
            prompt=slot.prompt,
            status=slot.status,
            image=slot.image,
            error=task.error if task is not None else None,
            attempts=slot.attempt,
            seconds=task.seconds if task is not None else None,
            versions=tuple(version.image for version in slot.versions),
        )


def _as_shown(task: Task) -> dict[str, Any]:
    """Return what a slot shows of its task."""
    changes: dict[str, Any] = {
        "status": task.status,
        "reason": task.reason,
        "until": task.until,
        "attempt": task.attempt,
        "max_attempts": task.max_attempts,
        "error": reason(task.error, task.prompt),
    }
    if task.status != "running":
        changes["preview"] = None
    return changes
