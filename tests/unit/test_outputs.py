"""The outputs of a session: which copies are sent, in which form, and to whom."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Coroutine
from typing import Any

import pytest

from nbkit._notebook import outputs as module
from nbkit._notebook.outputs import EVERY, ON_ITS_WAY, Outputs
from nbkit.session import Session
from nbkit.session_manager import SessionManager
from nbkit.testing import run
from nbkit.widgets.places import Places

LONG = "A keeper turns the lens by hand. " * 200


class Front:
    """The front end: what it is sent, and what its pages say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown: list[str] = []
        self.updates: list[tuple[str, dict[str, Any]]] = []
        self.said: list[dict[str, Any]] = []
        self.sizes: list[int] = []
        monkeypatch.setattr(module, "_ipython", lambda: self)
        monkeypatch.setattr(Places, "send", self._send)
        # So that the line of progress changes with the text, and with nothing else.
        monkeypatch.setattr(Session, "elapsed", property(lambda one: float(len(one.text))))

    def display(self, _bundle: object, *, display_id: str, raw: bool = False) -> None:
        assert raw
        self.shown.append(display_id)

    def update_display(self, bundle: dict[str, Any], *, raw: bool, display_id: str) -> None:
        assert raw
        self.updates.append((display_id, bundle))

    def _send(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        if "packed" in content:
            data = zlib.decompress((buffers or [b""])[-1], wbits=-zlib.MAX_WBITS)
            assert len(data) == content["packed"]
            content = {"kind": content["kind"], **json.loads(data)}
        self.said.append(content)
        self.sizes.append(len(json.dumps(content)) if not buffers else len(buffers[-1]))

    @property
    def kept(self) -> list[dict[str, Any]]:
        """The copies that pages were told to put in by themselves, as one message each."""
        return [each["copies"] for each in self.said if each["kind"] == "keep"]


class Widget:
    def __init__(self, name: str) -> None:
        self.model_id = name


class Stage:
    """A session with its outputs in a page; its text comes when it is told to write."""

    def __init__(self, front: Front, *, hears: bool = False) -> None:
        self.front = front
        self.texts: asyncio.Queue[str | None] = asyncio.Queue()
        self.session: Session = SessionManager().start(self._source())
        self.cell = "A"
        self.outputs = Outputs(
            self.session,
            max_bytes=10**6,
            on_away=lambda _away: None,
            hears=hears,
            where=lambda: self.cell,
        )
        widgets = {"preview": Widget("p"), "progress": Widget("q")}
        self.outputs.show(widgets, placed=True)  # type: ignore[arg-type] # its name is all it takes
        self.preview, self.progress = front.shown
        (self.places,) = self.outputs._places

    async def _source(self):
        while (text := await self.texts.get()) is not None:
            yield text

    async def write(self, text: str) -> None:
        """Have more text, and its copy."""
        self.texts.put_nowait(text)
        await asyncio.sleep(10 * EVERY)

    async def end(self) -> None:
        self.texts.put_nowait(None)
        await self.session

    async def say(self, revision: int, *, page: str = "a", keeps: bool = True, asked=False) -> None:
        """Have a page say what it has got of the story."""
        names = [self.preview, self.progress]
        self.places._handle_custom_msg(
            {
                "kind": "here",
                "page": page,
                "asked": asked,
                "revisions": dict.fromkeys(names, revision),
                "keeps": names if keeps else [],
            },
            [],
        )
        await asyncio.sleep(0)
        await asyncio.sleep(0)


@pytest.fixture
def front(monkeypatch) -> Front:
    return Front(monkeypatch)


def play(front: Front, act: Any, *, hears: bool = False) -> None:
    async def main() -> None:
        stage = Stage(front, hears=hears)
        await act(stage)
        if stage.session.status == "running":
            await stage.end()
        stage.places.close()

    played: Coroutine[Any, Any, None] = run(main)
    assert played is None


def test_a_page_that_keeps_the_outputs_is_told_of_both_copies_in_one_packed_message(front):
    async def act(stage: Stage) -> None:
        await stage.say(1)
        await stage.write(LONG)
        (copies,) = front.kept
        assert copies.keys() == {stage.preview, stage.progress}
        assert f'class="{stage.preview} nbkit-revision-2"' in copies[stage.preview]["html"]
        assert copies[stage.preview]["text"].strip() == LONG.strip()
        assert "0 of 0 images" in copies[stage.progress]["text"]
        assert front.sizes[-1] < len(LONG) / 5
        assert not front.updates

    play(front, act)


@pytest.mark.parametrize("speaks", [False, True])
def test_where_no_page_keeps_the_outputs_any_reader_of_them_is_sent_the_copies(front, speaks):
    async def act(stage: Stage) -> None:
        if speaks:
            await stage.say(1, keeps=False)
        await stage.write(LONG)
        assert [name for name, _ in front.updates] == [stage.preview, stage.progress]
        assert LONG.strip() in front.updates[0][1]["text/html"]
        assert not front.kept

    play(front, act)


def test_a_page_that_shows_an_output_and_cannot_keep_it_has_all_copies_sent_to_any_reader(front):
    async def act(stage: Stage) -> None:
        await stage.say(1, page="a")
        await stage.say(1, page="b", keeps=False)
        await stage.say(1, page="a")
        await stage.write("a")
        assert [name for name, _ in front.updates] == [stage.preview, stage.progress]

    play(front, act)


@pytest.mark.parametrize("keeps", [False, True])
def test_a_story_is_copied_once_at_its_end_however_often_that_is_asked_for(front, keeps):
    async def act(stage: Stage) -> None:
        await stage.say(1, keeps=keeps)
        stage.texts.put_nowait("all of it")
        await stage.end()
        stage.outputs.copy()
        stage.outputs.copy()
        await stage.say(10**6, keeps=keeps)
        stage.outputs.freeze()
        copies = [name for name, _ in front.updates] + [
            name for each in front.kept for name in each
        ]
        assert sorted(copies) == sorted([stage.preview, stage.progress])

    play(front, act)


def test_what_went_into_the_output_of_another_cell_is_said_again_and_once(front):
    async def act(stage: Stage) -> None:
        stage.texts.put_nowait("all of it")
        await stage.end()
        for _ in range(2):
            stage.outputs.copy(again=True)
        assert [name for name, _ in front.updates] == [stage.preview, stage.progress]
        stage.cell = "B"
        for _ in range(2):
            stage.outputs.copy(again=True)
        assert [name for name, _ in front.updates] == [stage.preview, stage.progress] * 2
        stage.outputs.freeze()
        stage.outputs.say_again()
        assert len(front.updates) == 4
        stage.cell = "C"
        stage.outputs.say_again()
        assert front.updates[4:] == front.updates[2:4]

    play(front, act)


def test_an_older_page_is_given_the_last_copy_though_another_has_it_already(front):
    async def act(stage: Stage) -> None:
        await stage.say(1, page="old")
        await stage.write("some")
        await stage.end()
        stage.outputs.freeze()
        front.said.clear()
        await stage.say(1, page="old")
        await stage.say(10**6, page="new")
        await asyncio.sleep(ON_ITS_WAY + 0.1)
        assert {name for copies in front.kept for name in copies} == {stage.preview, stage.progress}

    play(front, act)


def test_a_page_that_gets_the_last_copy_within_a_second_is_not_sent_it_again(front):
    async def act(stage: Stage) -> None:
        await stage.say(1, page="slow")
        await stage.write("some")
        await stage.end()
        stage.outputs.freeze()
        front.said.clear()
        await stage.say(1, page="slow")
        await stage.say(10**6, page="slow")
        await asyncio.sleep(10 * ON_ITS_WAY)
        assert not front.kept

    play(front, act)


@pytest.mark.parametrize("hears", [False, True])
def test_a_page_that_is_loaded_long_after_the_end_is_given_the_last_copy(front, hears):
    async def act(stage: Stage) -> None:
        await stage.say(1)
        await stage.write("some")
        await stage.end()
        stage.outputs.copy()
        await stage.say(10**6)
        await asyncio.sleep(1000)
        front.said.clear()
        await stage.say(1, page="loaded from an older file")
        await asyncio.sleep(1000)
        kept = [name for copies in front.kept for name in copies]
        assert sorted(kept) == sorted([stage.preview, stage.progress])

    play(front, act, hears=hears)
