"""Images taken from a store for a request that was made before."""

from __future__ import annotations

import pytest
from unit.session_store_kit import SKETCH, Backend, Kernel, picture, tags

import nbkit
from nbkit._store.writer import flush_own
from nbkit.images import SketchBackend


async def test_images_for_an_unchanged_request_are_taken_from_the_store(tmp_path):

    async def run(*prompts, **options):
        kernel, text = Kernel(tmp_path), tags(*(prompts or ("a fox", "a cat")))
        session = await kernel.start(text, images=SKETCH, message_id=1, reuse=True, **options)
        kernel.store.sessions()  # which waits for the writer
        return session

    made = []
    inner = SketchBackend.generate

    async def counted(self, request, *, on_preview):
        made.append(request.prompt)
        return await inner(self, request, on_preview=on_preview)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SketchBackend, "generate", counted)
        one = await run()
        assert len(made) == 2
        two = await run()
        assert len(made) == 2
        assert [each.image for each in one.images] == [each.image for each in two.images]
        assert two.progress.succeeded == 2
        await run(seed=1)
        await run(style="oil")
        await run(width=32, height=32)
        assert len(made) == 8
        await run("a cat", "a dog")
        assert made[8:] == ["a dog"]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"reuse": True}, "give store="),
        ({"reuse": True, "store": "here", "images": picture}, "spec string"),
        ({"reuse": True, "store": "here", "images": Backend()}, "Backend would make"),
    ],
)
def test_reuse_without_a_key_is_refused_and_leaves_no_store(options, what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=what):
        nbkit.illustrate("text", **options)
    flush_own(tmp_path / "here", 10)  # as the end of the process does
    assert list(tmp_path.iterdir()) == []
