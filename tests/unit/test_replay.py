"""The packaged replies: honest, well-formed, worth watching, and replayed in time."""

from __future__ import annotations

import asyncio
import json
import math
import re
from importlib import resources
from itertools import pairwise

import pytest

from nbkit.llm.replay import replay, transcripts
from nbkit.testing import run

TAG = re.compile(r'<!--img-prompt="([^"]+)"-->|<img_prompt="([^"]+)">')

every_transcript = pytest.mark.parametrize("name", transcripts())


def recording(name):
    file = resources.files("nbkit.llm").joinpath("transcripts", f"{name}.json")
    return json.loads(file.read_text("utf-8"))


def text_of(name):
    return "".join(text for _, text in recording(name)["deltas"])


def prompts_of(name):
    return ["".join(found.groups(default="")) for found in TAG.finditer(text_of(name))]


async def collect(stream):
    return [delta async for delta in stream]


def test_there_are_at_least_three_and_the_names_are_sorted():
    assert len(transcripts()) >= 3
    assert transcripts() == tuple(sorted(transcripts()))
    assert "lighthouse" in transcripts()


@every_transcript
def test_it_says_that_no_model_answered(name):
    about = recording(name)["about"]
    assert "written for nbkit" in about
    assert "no model answered" in about
    assert replay(name).about == about
    assert replay(name).title
    assert replay(name).model == "none: written for nbkit"
    assert "none" in repr(replay(name))


@every_transcript
def test_it_streams_like_a_model_in_tokens_with_uneven_pauses(name):
    deltas = recording(name)["deltas"]
    assert all(text and len(text) <= 12 for _, text in deltas)
    assert all(pause >= 0 for pause, _ in deltas)
    assert len({pause for pause, _ in deltas}) > 20
    assert 6 <= replay(name).seconds <= 10


@every_transcript
def test_it_has_at_least_three_images_and_cuts_every_tag(name):
    assert len(prompts_of(name)) >= 3
    assert len(set(prompts_of(name))) == len(prompts_of(name))
    bounds = [0]
    for _, text in recording(name)["deltas"]:
        bounds.append(bounds[-1] + len(text))
    for found in TAG.finditer(text_of(name)):
        assert any(found.start() < bound < found.end() for bound in bounds)


@every_transcript
def test_no_tag_is_left_half_written(name):
    rest = TAG.sub("", text_of(name))
    assert "img" not in rest
    assert "prompt=" not in rest


def test_between_them_they_show_what_the_renderer_can():
    story, table, physics, letters = map(text_of, ("lighthouse", "field-notes", "balloon", "robot"))
    assert re.search(r"\w <!--img-prompt=.*--> \w", story)
    assert re.search(r"^\| \w+ \| <!--img-prompt=", table, re.MULTILINE)
    assert re.search(r"^\d\. .*<!--img-prompt=", table, re.MULTILINE)
    assert "- [x]" in table
    assert "- [ ]" in table
    assert "$$" in physics
    assert "```python" in physics
    assert re.search(r"^### .*<!--img-prompt=", letters, re.MULTILINE)
    assert "<img_prompt=" in letters
    assert "~~" in letters


def test_the_numbers_of_the_physics_lesson_are_those_of_its_own_code(capsys):
    lesson = text_of("balloon")
    code = re.search(r"```python\n(.*?)```", lesson, re.DOTALL)[1]
    exec(code, {})  # noqa: S102 - the lesson's own code, which is in this package
    computed = [line.split()[1] for line in capsys.readouterr().out.splitlines()]
    printed = re.findall(r"\| (\d+) kg \|", lesson)
    assert printed == computed


@pytest.mark.parametrize("speed", [1.0, 2.0, 0.5])
def test_it_takes_its_time_in_proportion_to_the_speed(speed):
    async def main():
        loop = asyncio.get_running_loop()
        stream = replay("lighthouse", speed)
        begun = loop.time()
        times = [(loop.time() - begun, delta) async for delta in stream]
        assert "".join(delta for _, delta in times) == text_of("lighthouse")
        assert times[-1][0] == pytest.approx(stream.seconds / speed, rel=1e-3)
        pauses = [pause / speed for pause, _ in recording("lighthouse")["deltas"]]
        gaps = [later - earlier for (earlier, _), (later, _) in pairwise([(0.0, ""), *times])]
        assert gaps == pytest.approx(pauses, abs=1e-6)

    run(main)


def test_a_reader_that_falls_behind_gets_what_it_missed_at_once():
    async def main():
        loop = asyncio.get_running_loop()
        stream = replay("lighthouse")
        begun = loop.time()
        await anext(stream)
        await asyncio.sleep(4)
        for delta in [delta async for delta in stream]:
            assert delta
        assert loop.time() - begun == pytest.approx(stream.seconds, rel=1e-3)

    run(main)


def test_infinite_speed_waits_for_nothing():
    async def main():
        loop = asyncio.get_running_loop()
        begun = loop.time()
        assert "".join(await collect(replay("robot", math.inf))) == text_of("robot")
        assert loop.time() == begun

    run(main)


def test_it_ends_where_it_is_closed():
    async def main():
        stream = replay("robot")
        assert await anext(stream)
        await stream.aclose()
        assert await collect(stream) == []

        stream = replay("robot")
        waiting = asyncio.create_task(anext(stream, "the end"))
        await asyncio.sleep(0)
        await stream.aclose()
        assert await waiting == "the end"

    run(main)


@pytest.mark.parametrize("name", ["nowhere", "", "../replay", "lighthouse.json"])
def test_an_unknown_name_is_refused_with_a_list_of_those_there_are(name):
    with pytest.raises(ValueError, match="balloon, field-notes, lighthouse, robot"):
        replay(name)


@pytest.mark.parametrize("speed", [0, -1, math.nan, "fast", True, None])
def test_a_speed_that_is_not_above_zero_is_refused(speed):
    with pytest.raises(ValueError, match="speed must be a number above 0"):
        replay("robot", speed)
