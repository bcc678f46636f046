"""A session whose kernels are killed, one after another, against a small model of what is kept."""

import asyncio
import contextlib
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from machine_kit import depth
from unit.session_store_kit import Backend, Kernel, tags

from nbkit.errors import BackendError
from nbkit.testing import until

GOOD, BAD, HUNG = "good", "bad", "hung"
FATES = st.sampled_from([GOOD, GOOD, BAD, HUNG])
ENDS = {GOOD: "succeeded", BAD: "failed", HUNG: "running"}

LIVES = st.lists(
    st.tuples(st.lists(st.sampled_from(["again", "retry", "choose"]), max_size=3), FATES),
    min_size=1,
    max_size=3,
)
"""What a person does in each kernel after the first, and what its backend does when asked."""


class Slot:
    """What the model knows of a place: its tasks, as how they stand, and the images made for it."""

    def __init__(self, fate):
        self.tasks = [ENDS[fate]]
        self.images = []
        self.shown = 0

    def follow(self, image):
        self.images.append(image)
        self.shown = len(self.images) - 1


class Model:
    """Goes along with the sessions of several kernels, of which each is killed in the end."""

    def __init__(self, folder, fates):
        self.folder = folder
        self.fates = fates
        self.names = [f"p{number}" for number in range(len(fates))]
        self.slots = [Slot(fate) for fate in fates]

    def backend(self, fates):
        answers = {BAD: BackendError("no luck"), HUNG: asyncio.Event()}
        chosen = zip(self.names, fates, strict=True)
        return Backend(**{name: answers[fate] for name, fate in chosen if fate in answers})

    async def settled(self, session):
        """Wait until the session has come as far as it can, take its images, and compare."""
        count = sum(len(slot.tasks) for slot in self.slots)
        expected = Counter(task for slot in self.slots for task in slot.tasks)

        def is_there():
            state = session.progress
            stands = {name: getattr(state, name) for name in ENDS.values()}
            return state.total == count and +Counter(stands) == expected

        await until(is_there)
        running = expected["running"] > 0
        await until(lambda: (session.status == "running") == running)
        for slot, result in zip(self.slots, session.images, strict=True):
            done = slot.tasks.count("succeeded")
            assert len(result.versions) == done
            assert list(result.versions[: len(slot.images)]) == slot.images, "an image is lost"
            for image in result.versions[len(slot.images) :]:
                slot.follow(image)
        self.compare(session)

    def compare(self, session):
        assert session.text == tags(*self.names)
        for slot, result in zip(self.slots, session.images, strict=True):
            assert list(result.versions) == slot.images
            assert result.image == (slot.images[slot.shown] if slot.images else None)
            if slot.tasks[-1] == "failed":
                assert "no luck" in str(result.error)

    async def first(self):
        kernel = Kernel(self.folder)
        session = kernel.start(
            tags(*self.names), images=self.backend(self.fates), message_id=1, max_concurrency=9
        )
        session.retries = 0
        await until(lambda: session.story.ended)
        await self.settled(session)
        kernel.dies(session)

    async def another(self, acts, fate):
        """Come back in another kernel, act there, and be killed with it."""
        kernel, backend = Kernel(self.folder), self.backend([fate] * len(self.names))
        left = [
            (name, slot)
            for name, slot in zip(self.names, self.slots, strict=True)
            for task in slot.tasks
            if task == "running"
        ]
        session = kernel.resume(images=backend)
        self.compare(session)  # at once, before the loop has had a turn
        for _, slot in left:
            slot.tasks = [ENDS[fate] if each == "running" else each for each in slot.tasks]
        await self.settled(session)
        await until(lambda: len(backend.prompts) >= len(left))
        assert sorted(backend.prompts) == sorted(name for name, _ in left)
        for act in acts:
            await self.act(session, act, fate)
        kernel.dies(session)

    async def act(self, session, act, fate):
        slot, result = self.slots[0], session.images[0]
        if act == "choose" and slot.images:
            session.choose(result.task_id, 0)
            slot.shown = 0
        elif act == "again" and slot.tasks[-1] != "running":
            session.regenerate(result.task_id)
            slot.tasks.append(ENDS[fate])
        elif act == "retry" and slot.tasks[-1] == "failed":
            session.retry(result.task_id)
            slot.tasks[-1] = ENDS[fate]
        await self.settled(session)


@depth(25)
@example(fates=[GOOD], lives=[(["again", "choose"], GOOD), ([], GOOD)])
@example(fates=[BAD, HUNG], lives=[(["retry", "again"], BAD), (["retry"], HUNG), ([], GOOD)])
@given(fates=st.lists(FATES, min_size=1, max_size=4), lives=LIVES)
def test_whatever_becomes_of_its_kernels_a_session_keeps_what_it_had_and_makes_the_rest(
    fates, lives
):
    async def main(folder):
        model = Model(folder, fates)
        await model.first()
        for acts, fate in lives:
            await model.another(acts, fate)

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        asyncio.run(main(Path(folder)))
