"""Sessions with a store, and what another kernel makes of them."""

from __future__ import annotations

import asyncio
import dataclasses
import numbers
from unittest.mock import Mock

import pytest
from unit.session_store_kit import SKETCH, Backend, Kernel, picture, tags

from nbkit.errors import BackendError, StoreError, StreamError
from nbkit.recorder import described
from nbkit.session_store import SessionStore
from nbkit.store import Journal
from nbkit.testing import until


def kept(session):
    return [(each.status, each.prompt, each.image) for each in session.images]


async def test_what_was_finished_is_there_again_and_nothing_is_generated(tmp_path):
    first, backend = Kernel(tmp_path), Backend(b=BackendError("no luck"))
    session = await first.start(tags("a", "b", "c"), images=backend, message_id=7, max_images=2)
    session.regenerate(session.images[0].task_id, "a2")
    await session
    session.regenerate(session.images[0].task_id)
    await session
    session.choose(session.images[0].task_id, 1)
    made = len(backend.requests)
    second = Kernel(tmp_path)
    again = second.resume()
    # At once, before the loop has had a turn.
    assert (again.text, again.id, again.message_id) == (session.text, session.id, 7)
    assert kept(again) == kept(session)
    assert again.images[0].versions == session.images[0].versions
    assert again.images[0].image == again.images[0].versions[1]
    await again
    assert again.status == "completed"
    assert len(backend.requests) == made
    assert again.to_html() == session.to_html()
    counts = again.progress
    assert (counts.total, counts.succeeded, counts.failed) == (4, 3, 1)
    assert [each.seconds for each in again.images] == pytest.approx(
        [each.seconds for each in session.images], abs=1e-5
    )
    assert again.images[1].attempts == session.images[1].attempts
    assert [each.status for each in again.images] == ["succeeded", "failed", "skipped"]
    assert second.manager.sessions == [again]


async def test_what_comes_back_takes_the_place_of_nothing_that_this_kernel_has_begun(tmp_path):
    former = await Kernel(tmp_path).start(tags("a"), images=Backend())
    here = Kernel(tmp_path)
    own = await here.manager.start(tags("b"), images=Backend())
    kept_here = await here.start(tags("c"), images=Backend())
    again = await here.store.resume(former.id)
    assert again.message_id == former.message_id
    assert here.manager.sessions == [again, kept_here, own]


async def test_what_had_failed_says_why_and_can_be_retried(tmp_path):
    first = Kernel(tmp_path)
    await first.start(tags("a", "b"), images=Backend(b=BackendError("no luck")), message_id=1)
    again = await Kernel(tmp_path).resume(images=Backend())
    assert "no luck" in str(again.images[1].error)
    assert again.images[1].error.prompt == "b"
    again.retry()
    await again
    assert [each.status for each in again.images] == ["succeeded", "succeeded"]
    third = await Kernel(tmp_path).resume()
    assert kept(third) == kept(again)


async def test_what_was_unfinished_is_made_and_that_alone(tmp_path):
    first, hang = Kernel(tmp_path), asyncio.Event()
    backend = Backend(b=hang)
    session = first.start(tags("a", "b", "c"), images=backend, message_id=1)
    await until(lambda: session.progress.succeeded == 2)
    first.dies(session)
    assert first.store.sessions()[0].status == "interrupted"
    fresh = Backend()
    again = Kernel(tmp_path).resume(images=fresh)
    assert (again.status, again.progress.succeeded, again.progress.total) == ("running", 2, 3)
    await again
    assert fresh.prompts == ["b"]
    assert again.progress.succeeded == 3
    assert not again.text_cut


async def test_a_text_that_was_cut_ends_there_and_is_no_error(tmp_path):
    first, more = Kernel(tmp_path), asyncio.Event()

    async def text():
        yield tags("a")
        yield 'and <!--img-prompt="half a'
        await more.wait()

    session = first.start(text(), images=Backend(), message_id=1)
    await until(lambda: session.progress.succeeded == 1 and session.text.endswith("half a"))
    first.dies(session)
    for _ in range(2):  # and so the second time
        again = await Kernel(tmp_path).resume(images=Backend())
        assert (again.text, again.status, again.error) == (session.text, "completed", None)
        assert again.text_cut


class Whole:
    """A whole number of another library's, as those of numpy are."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value

    def __add__(self, other):
        return Whole(self.value + other)


numbers.Integral.register(Whole)


async def test_a_seed_may_be_another_librarys_number(tmp_path):
    session = Kernel(tmp_path).start(tags("a"), images=Backend(), message_id=1, seed=Whole(5))
    await session
    session.regenerate(session.images[0].task_id)
    await session
    again = await Kernel(tmp_path).resume()
    assert again.options.seed == 5
    assert len(again.images[0].versions) == 2


async def test_an_edited_prompt_and_a_replacement_survive(tmp_path):
    first, hang = Kernel(tmp_path), asyncio.Event()
    session = await first.start(tags("a"), images=Backend(z=hang), message_id=1, seed=5)
    task = session.images[0].task_id
    session.regenerate(task, "z", mode="replace")
    await until(lambda: session.progress.running == 1)
    first.dies(session)
    fresh = Backend()
    again = Kernel(tmp_path).resume(images=fresh)
    assert again.images[0].image == session.images[0].image  # until the other has succeeded
    await again
    ((request),) = fresh.requests
    assert (request.prompt, request.seed) == ("z", 6)
    assert again.images[0].versions == (picture("z 6"),)


async def test_what_was_stopped_stays_stopped(tmp_path):
    first, hang = Kernel(tmp_path), asyncio.Event()
    session = first.start(tags("a", "b"), images=Backend(b=hang), message_id=1)
    await until(lambda: session.progress.succeeded == 1)
    session.cancel()
    again = await Kernel(tmp_path).resume()
    assert again.status == "cancelled"
    assert [each.status for each in again.images] == ["succeeded", "cancelled"]


async def test_a_source_that_failed_is_still_said_to_have(tmp_path):
    async def text():
        yield tags("a")
        raise ConnectionError("the line is dead")

    session = Kernel(tmp_path).start(text(), images=Backend(), message_id=1)
    with pytest.raises(StreamError):
        await session
    again = Kernel(tmp_path).resume()
    with pytest.raises(StreamError, match="the line is dead"):
        await again
    assert (again.status, again.text) == ("failed", tags("a"))


async def test_a_pattern_that_took_too_long_is_no_obstacle_to_coming_back(tmp_path, monkeypatch):
    monkeypatch.setattr("nbkit._detector.patterns.TIMEOUT", 0.01)
    first, slow = Kernel(tmp_path), r"x((?:a|a)+)+c"
    session = first.start("x" + "a" * 60, images=Backend(), message_id=1, patterns=[slow])
    with pytest.raises(StreamError, match="takes too long"):
        await session
    resumed = Kernel(tmp_path).resume()
    with pytest.raises(StreamError, match="takes too long"):
        await resumed
    assert resumed.text == session.text


async def test_an_image_that_is_damaged_is_made_again(tmp_path):
    await Kernel(tmp_path).start(tags("a", "b"), images=Backend(), message_id=1)
    for file in (tmp_path / "images").rglob("*.png"):
        if file.read_bytes() == picture("a None").data:
            file.write_bytes(file.read_bytes()[:40])
    fresh = Backend()
    again = await Kernel(tmp_path).resume(images=fresh)
    assert fresh.prompts == ["a"]
    assert again.progress.succeeded == 2


async def test_large_images_come_back_in_the_size_of_a_page_too(tmp_path):
    class Large(Backend):
        async def generate(self, request, *, on_preview):
            return picture("x", (1000, 900))

    session = await Kernel(tmp_path).start(tags("a"), images=Large(), message_id=1)
    again = await Kernel(tmp_path).resume()
    (slot,) = again.story.slots.values()
    assert (slot.image.width, slot.display.width) == (1000, 768)
    assert again.to_html() == session.to_html()


async def test_a_backend_that_has_no_name_has_to_be_given_again(tmp_path):
    first, hang = Kernel(tmp_path), asyncio.Event()
    session = first.start(tags("b"), images=Backend(b=hang), message_id=1)
    await until(lambda: session.progress.running == 1)
    first.dies(session)
    with pytest.raises(TypeError, match=r"made by Backend.*give it again"):
        Kernel(tmp_path).resume()
    assert (await Kernel(tmp_path).resume(images=Backend())).progress.succeeded == 1


async def test_a_user_and_a_password_are_not_kept(tmp_path):
    first = Kernel(tmp_path)
    spec = "a1111:http://ann:s3cret@127.0.0.1:9"
    session = first.start(tags("a"), images=spec, message_id=1, retries=100)
    await until(lambda: session.progress.total == 1)
    first.dies(session)
    with pytest.raises(TypeError, match="user and password"):
        Kernel(tmp_path).resume()
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert files
    for each in files:
        assert b"s3cret" not in each.read_bytes()


@pytest.mark.parametrize(
    ("spec", "bare"),
    [
        ("a1111:http://ann:s3cret@host:9", "a1111:http://host:9"),
        ("a1111:http://ann:a@s3cret@host:9/x", "a1111:http://host:9/x"),
        ("a1111:http://ann:a s3cret@host", "a1111:http://host"),
        ("a1111:http:\\\\ann:s3cret@host", "a1111:host"),
        ("a1111:ann:s3cret@host:9", "a1111:host:9"),
        ("openai:m?base_url=http://ann:s3cret@host&n=1", "openai:m?base_url=http://host&n=1"),
        (
            "openai:m?base_url=http%3a%2f%2fann%3as3cret%40host",
            "openai:m?base_url=http%3a%2f%2fhost",
        ),
        ("openai:m?base_url=http:%2f%2fann:s3cret@host", "openai:m?base_url=http:%2f%2fhost"),
        ("a1111:http://host:9/a@b?prompt=c@d", None),
        ("a1111:host:9/a@b", None),
        ("diffusers:someone/model@main", None),
        ("diffusers:model@main", None),
    ],
)
def test_a_spec_is_kept_without_its_user_however_it_is_written(spec, bare):
    kept = {"spec": spec} if bare is None else {"spec": bare, "user": "left out"}
    assert described(spec) == kept


async def test_a_resume_that_fails_leaves_the_session_to_others(tmp_path, monkeypatch):
    first = Kernel(tmp_path)
    first.dies(first.start(tags("a"), images=SKETCH, message_id=1))
    kernel, real = Kernel(tmp_path), Journal.claim

    def claim(*given):  # it has gone on elsewhere meanwhile, and is more than there is room for
        monkeypatch.setattr("nbkit.former.load", Mock(side_effect=MemoryError))
        return dataclasses.replace(real(*given), text="more")

    monkeypatch.setattr(Journal, "claim", claim)
    with pytest.raises(MemoryError):
        kernel.resume()
    assert kernel.store.sessions()[0].status == "interrupted"


async def test_what_runs_here_is_not_resumed(tmp_path):
    first, hang = Kernel(tmp_path), asyncio.Event()
    session = first.start(tags("b"), images=Backend(b=hang), message_id=1)
    await until(lambda: session.progress.running == 1)
    with pytest.raises(StoreError, match="very kernel"):
        first.resume()
    with pytest.raises(StoreError, match="runs in process"):
        Kernel(tmp_path).resume()
    other = Kernel(tmp_path)
    first.dies(session)
    running = other.manager.start(tags("b"), images=Backend(b=hang), message_id=1)
    with pytest.raises(StoreError, match="as another session"):
        other.resume(images=Backend())
    running.cancel()


def test_a_store_says_where_it_is_and_finds_no_session_without_a_name(tmp_path):
    store = SessionStore(tmp_path)
    store.make()
    assert repr(store) == f"<nbkit.SessionStore {str(tmp_path)!r}>"
    with pytest.raises(StoreError, match="an empty id names no session"):
        store.find("")
    with pytest.raises(StoreError, match="has no session whose id begins with 'x'"):
        store.find("x")
