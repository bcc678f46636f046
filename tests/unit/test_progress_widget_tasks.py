"""Opened rows: the tasks that they list, and their thumbnails."""

from __future__ import annotations

import asyncio
import io
import threading
from typing import Any

import pytest
from PIL import Image
from unit.progress_widget_kit import picture, say, shown

from nbkit.models import EncodedImage, Task
from nbkit.progress import ProgressManager
from nbkit.testing import run, until
from nbkit.widgets.row_state import listed
from nbkit.widgets.thumbnails import Thumbnails


def test_an_opened_row_lists_its_tasks_and_then_only_those_that_change():
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager)
        for n in range(3):
            manager.register_task(42, f"t{n}", prompt=f"fox {n}", max_attempts=3)
        await asyncio.sleep(1)
        assert wire.rows["int:42"]["order"] is None
        say(widget, "open", "int:42")
        await asyncio.sleep(1)
        answer = wire.messages[-1]
        assert answer["view"] == "v"
        (row,) = answer["rows"]
        assert row["order"] == ["t0", "t1", "t2"]
        assert [task["prompt"] for task in row["tasks"]] == ["fox 0", "fox 1", "fox 2"]
        assert row["more"] == 0
        manager.start_task(42, "t1")
        await asyncio.sleep(1)
        changed = wire.rows["int:42"]["tasks"]
        assert [(task["id"], task["status"], task["attempt"]) for task in changed] == [
            ("t1", "running", 1)
        ]
        say(widget, "fold", "int:42")
        manager.start_task(42, "t2")
        await asyncio.sleep(1)
        assert wire.rows["int:42"]["tasks"] is None

    run(main)


def test_it_listens_to_the_tasks_of_opened_rows_alone():
    # Each listener makes every change of a task several times as dear.
    async def main() -> None:
        manager = ProgressManager()
        widget, _ = shown(manager)
        heard = manager._ledger.handlers.of
        manager.register_tasks(1, 2)
        manager.register_tasks(2, 2)
        await asyncio.sleep(1)
        assert not heard(1)
        say(widget, "open", "int:1")
        await asyncio.sleep(1)
        assert list(heard(1)) == ["task"]
        assert not heard(2)
        say(widget, "open", "int:2")
        say(widget, "fold", "int:1")
        await asyncio.sleep(1)
        assert (len(heard(1)), len(heard(2))) == (0, 1)
        manager.clear(2)
        await asyncio.sleep(1)
        assert not heard(2)

    run(main)


def test_an_opened_row_shows_also_what_changes_no_count():
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager)
        (task,) = manager.register_tasks(1, 1)
        manager.wait_task(1, task, reason="min_interval")
        await asyncio.sleep(1)
        say(widget, "open", "int:1")
        await asyncio.sleep(1)
        manager.wait_task(1, task, reason="rate limit")
        await asyncio.sleep(1)
        assert [each["reason"] for each in wire.rows["int:1"]["tasks"]] == ["rate limit"]

    run(main)


def test_a_view_that_opens_a_row_later_gets_all_of_it_and_takes_nothing_from_the_first():
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager)
        manager.register_task(42, "t0")
        manager.register_task(42, "t1")
        await asyncio.sleep(1)
        say(widget, "open", "int:42", view="first")
        await asyncio.sleep(1)
        manager.start_task(42, "t0")
        say(widget, "open", "int:42", view="second")
        await asyncio.sleep(1)
        whole = [each for each in wire.messages if each["view"] == "second"][-1]
        assert len(whole["rows"][0]["tasks"]) == 2
        assert [task["id"] for task in wire.rows["int:42"]["tasks"]] == ["t0"]

    run(main)


def test_a_waiting_task_says_how_long_and_a_failed_one_why():
    async def main() -> None:
        from nbkit.progress import now

        manager = ProgressManager()
        widget, wire = shown(manager)
        manager.register_task(42, "t0")
        manager.register_task(42, "t1")
        manager.wait_task(42, "t0", reason="rate limit", until=now() + 20)
        error = RuntimeError("refused")
        error.__cause__ = ValueError("policy")
        manager.fail_task(42, "t1", error=error)
        await asyncio.sleep(1)
        say(widget, "open", "int:42")
        await asyncio.sleep(1)
        first, second = wire.messages[-1]["rows"][0]["tasks"]
        assert first["reason"] == "rate limit"
        assert 19 < first["remaining"] <= 20
        assert second["error"] == "refused: policy"

    run(main)


def task(n: int, status: str, **more: Any) -> Task:
    return Task(f"t{n}", 1, status=status, **more)


def test_few_tasks_are_all_listed_in_their_order():
    tasks = [task(n, "queued") for n in range(200)]
    assert listed(tasks) == tasks


def test_of_many_tasks_those_at_work_come_first_then_the_latest_and_the_next():
    tasks = [task(n, "succeeded", completed_at=float(n)) for n in range(1000)]
    tasks += [task(1000 + n, "running") for n in range(5)]
    tasks += [task(2000 + n, "queued") for n in range(1000)]
    chosen = listed(tasks)
    assert len(chosen) == 200
    assert chosen == sorted(chosen, key=tasks.index)
    names = {each.id for each in chosen}
    assert {f"t{1000 + n}" for n in range(5)} <= names
    assert {f"t{n}" for n in range(950, 1000)} <= names
    assert {f"t{2000 + n}" for n in range(50)} <= names
    assert "t0" not in names
    assert "t2999" not in names


@pytest.mark.parametrize("status", ["queued", "succeeded", "running", "failed"])
def test_the_list_is_filled_whatever_there_is(status):
    assert len(listed([task(n, status) for n in range(1000)])) == 200


def test_thousands_of_tasks_are_listed_in_part_and_the_rest_is_counted():
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager)
        manager.register_tasks(42, 3000)
        await asyncio.sleep(1)
        say(widget, "open", "int:42")
        await asyncio.sleep(1)
        (row,) = wire.messages[-1]["rows"]
        assert len(row["order"]) == len(row["tasks"]) == 200
        assert row["more"] == 2800

    run(main)


def test_a_row_shows_thumbnails_of_its_newest_pictures_each_sent_once():
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager)
        for n in range(12):
            manager.register_task(42, f"t{n}", prompt=f"fox {n}")
        for n in range(12):
            manager.complete_task(42, f"t{n}", image=picture())
            await asyncio.sleep(0.2)
        await until(lambda: len(wire.thumbnails()) == 12)
        await asyncio.sleep(1)
        assert wire.rows["int:42"]["strip"] == [f"t{n}" for n in range(4, 12)]
        assert len(set(wire.thumbnails())) == len(wire.thumbnails()) == 12
        small = next(buffers[0] for buffers in wire.buffers if buffers)
        assert max(Image.open(io.BytesIO(small)).size) == 96
        say(widget, "ready", view="late")
        await asyncio.sleep(1)
        whole = wire.messages[-1]
        assert {each["task"] for each in whole["thumbnails"]} == {f"t{n}" for n in range(4, 12)}
        assert len(whole["thumbnails"]) == len(wire.buffers[-1]) == 8
        assert whole["thumbnails"][0]["prompt"].startswith("fox ")

    run(main)


def test_pictures_of_a_folded_row_beyond_its_strip_are_sent_when_it_is_opened():
    async def main() -> None:
        manager = ProgressManager()
        ids = [manager.register_task(42, f"t{n}").id for n in range(12)]
        for name in ids:
            manager.complete_task(42, name, image=picture(side=20))
        widget, wire = shown(manager)
        await until(lambda: len(wire.thumbnails()) == 8)
        say(widget, "open", "int:42")
        await until(lambda: len(wire.thumbnails()) == 12)
        assert {name for _, name in wire.thumbnails()} == set(ids)

    run(main)


def test_a_picture_that_cannot_be_shrunk_is_logged_and_harms_no_other(caplog):
    async def main() -> None:
        manager = ProgressManager()
        _, wire = shown(manager)
        manager.register_tasks(42, 2)
        manager.complete_task(42, image=EncodedImage(b"no picture", "image/png", 4000, 4000))
        manager.complete_task(42, image=picture())
        await until(lambda: len(wire.thumbnails()) == 1)

    run(main)
    assert "thumbnail" in caplog.text


def test_thumbnails_are_kept_for_so_many_pictures_and_while_their_row_is_there(monkeypatch):
    monkeypatch.setattr("nbkit.widgets.thumbnails.KEPT", 2)
    image = picture(side=20)

    async def main() -> None:
        made: list[int] = []
        kept = Thumbnails(lambda: made.append(1))
        for row in "abc":
            kept.want((row, "t"), image, row)
        await until(lambda: len(made) == 2)
        assert kept.get(("a", "t")) is None  # it was dropped before its turn came
        assert [key for key, _ in kept.take_fresh()] == [("b", "t"), ("c", "t")]
        kept.forget("b")
        assert kept.get(("b", "t")) is None
        kept.want(("c", "t"), image, "c")  # it is there
        begun, release = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def slow(image: EncodedImage, side: int) -> EncodedImage:
            loop.call_soon_threadsafe(begun.set)
            assert release.wait(60)
            return image

        monkeypatch.setattr("nbkit.widgets.thumbnails.shrink", slow)
        kept.want(("d", "t"), image, "d")
        await begun.wait()
        kept.stop()
        release.set()
        await until(lambda: kept._worker is None)
        assert len(made) == 2
        assert [key for key, _ in kept.take_fresh()] == []

    run(main)
