"""A whole run through a diffusion model: text, previews and pictures in their places."""

from __future__ import annotations

import nbkit
from nbkit.images.diffusers import DiffusersBackend

STORY = """# At sea

<!--img-prompt="a red boat at sea"-->

A boat. <!--img-prompt="a fox in the snow"--> A fox.

- a house <img_prompt="a blue house">
"""


async def test_a_story_with_three_pictures_comes_whole(folder, steps):
    session = nbkit.illustrate(
        STORY, images=DiffusersBackend(folder, steps=3), seed=5, width=64, height=48
    )
    await session

    assert session.status == "completed"
    assert session.text == STORY
    assert [each.status for each in session.images] == ["succeeded"] * 3
    assert [(each.image.width, each.image.height) for each in session.images] == [(64, 48)] * 3
    assert len({each.image.data for each in session.images}) == 3
    assert steps.most_at_once == 1
    assert steps.count == 9


async def test_a_failed_picture_is_a_result_and_the_others_come(folder, steps):
    def fail(count: int) -> None:
        if count == 2:
            raise ZeroDivisionError("the sky fell")

    steps.before = fail
    session = nbkit.illustrate(STORY, images=DiffusersBackend(folder, steps=1), retries=0)
    await session

    assert [each.status for each in session.images] == ["succeeded", "failed", "succeeded"]
    assert "the sky fell" in str(session.images[1].error)
    assert session.progress.failed == 1

    session.retry()
    await session
    assert [each.status for each in session.images] == ["succeeded"] * 3
