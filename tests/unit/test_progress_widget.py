"""ProgressWidget: its rows, what goes to a page, and how it comes and goes."""

from __future__ import annotations

import asyncio
import io
import threading
from typing import Any

import pytest
from PIL import Image

from nbkit.models import EncodedImage, Task
from nbkit.progress import ProgressManager, progress_manager
from nbkit.testing import run, until
from nbkit.widgets import ProgressWidget
from nbkit.widgets.row_state import listed
from nbkit.widgets.thumbnails import Thumbnails


def picture(colour: str = "red", side: int = 300) -> EncodedImage:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "PNG")
    return EncodedImage(out.getvalue(), "image/png", side, side)


class Wire:
    """What a widget has sent, and the rows as a page that heard it all would have them."""

    def __init__(self, widget: ProgressWidget) -> None:
        self.messages: list[dict[str, Any]] = []
        self.others: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        self.rows: dict[str, dict[str, Any]] = {}
        widget.send = self.take

    def take(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        if content["kind"] != "rows":  # as a page does
            self.others.append(content)
            return
        self.messages.append(content)
        self.buffers.append(list(buffers or []))
        if content["view"] is None:
            self.rows.update({row["row"]: row for row in content["rows"]})
            for key in content["gone"]:
                self.rows.pop(key, None)

    def frames(self) -> list[dict[str, Any]]:
        return [each for each in self.messages if each["view"] is None]

    def thumbnails(self) -> list[tuple[str, str]]:
        return [(t["row"], t["task"]) for each in self.frames() for t in each["thumbnails"]]


def shown(manager: ProgressManager, **more: Any) -> tuple[ProgressWidget, Wire]:
    widget = ProgressWidget(manager, **more)
    return widget, Wire(widget)


def say(widget: ProgressWidget, kind: str, row: str | None = None, view: str = "v") -> None:
    widget._handle_custom_msg({"kind": kind, "view": view, "row": row}, [])


def test_a_row_counts_what_its_message_does_and_the_counts_add_up():
    async def main() -> None:
        manager = ProgressManager()
        _, wire = shown(manager)
        ids = manager.register_tasks(42, 6)
        manager.start_task(42, ids[0])
        manager.complete_task(42, ids[0])
        manager.start_task(42, ids[1])
        manager.fail_task(42, ids[1], error="no")
        manager.start_task(42, ids[2])
        manager.wait_task(42, ids[3], reason="rate limit", until=None)
        manager.cancel_task(42, ids[4])
        await asyncio.sleep(1)
        row = wire.rows["int:42"]
        total = row["counts"].pop("total")
        assert row["label"] == "Message 42"
        assert total == sum(row["counts"].values()) == 6
        assert set(row["counts"].values()) == {0, 1}

    run(main)


def test_a_message_without_tasks_has_no_row():
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager)
        manager.register_tasks(42, 0)
        say(widget, "ready")
        await asyncio.sleep(1)
        assert wire.frames() == []
        assert wire.messages[-1]["rows"] == []
        manager.register_tasks(42, 1)
        await asyncio.sleep(1)
        assert list(wire.rows) == ["int:42"]

    run(main)


def test_a_number_and_the_same_digits_are_two_messages():
    async def main() -> None:
        manager = ProgressManager()
        _, wire = shown(manager)
        manager.register_tasks(1, 1)
        manager.register_tasks("1", 2)
        await asyncio.sleep(1)
        assert {key: row["counts"]["total"] for key, row in wire.rows.items()} == {
            "int:1": 1,
            "str:1": 2,
        }

    run(main)


def test_only_rows_that_changed_are_sent_and_none_while_nothing_does():
    async def main() -> None:
        manager = ProgressManager()
        _, wire = shown(manager)
        for message in range(20):
            manager.register_tasks(message, 3)
        await asyncio.sleep(1)
        count = len(wire.messages)
        await asyncio.sleep(100)
        assert len(wire.messages) == count
        manager.start_task(7)
        await asyncio.sleep(1)
        assert [row["row"] for each in wire.messages[count:] for row in each["rows"]] == ["int:7"]

    run(main)


def test_a_thousand_changes_are_few_frames_and_the_last_state_arrives():
    async def main() -> None:
        manager = ProgressManager()
        _, wire = shown(manager)
        ids = manager.register_tasks(42, 1000)
        for task in ids:
            manager.start_task(42, task)
            manager.complete_task(42, task)
            await asyncio.sleep(0.001)
        await asyncio.sleep(1)
        assert len(wire.frames()) <= 16
        assert wire.rows["int:42"]["counts"]["succeeded"] == 1000
        assert [each["seq"] for each in wire.frames()] == list(range(1, len(wire.frames()) + 1))

    run(main)


def test_changes_from_other_threads_reach_the_page():
    async def main() -> None:
        manager = ProgressManager()
        _, wire = shown(manager)
        manager.register_tasks(42, 50)

        def work() -> None:
            for _ in range(10):
                manager.complete_task(42)

        threads = [threading.Thread(target=work) for _ in range(5)]
        for thread in threads:
            thread.start()
        await until(lambda: wire.rows.get("int:42", {}).get("counts", {}).get("succeeded") == 50)
        for thread in threads:
            thread.join()

    asyncio.run(main())


def test_a_finished_row_keeps_its_counts_and_a_cleared_one_goes():
    async def main() -> None:
        manager = ProgressManager()
        _, wire = shown(manager)
        manager.register_tasks(42, 1)
        manager.complete_task(42)
        await asyncio.sleep(1)
        assert wire.rows["int:42"]["counts"]["succeeded"] == 1
        manager.clear(42)
        await asyncio.sleep(1)
        assert wire.rows == {}
        manager.register_tasks(42, 3)
        await asyncio.sleep(1)
        assert wire.rows["int:42"]["counts"]["total"] == 3

    run(main)


def test_a_closed_row_stays_away_while_it_goes_on():
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager)
        manager.register_tasks(1, 2)
        manager.register_tasks(2, 2)
        await asyncio.sleep(1)
        say(widget, "close", "int:1")
        await asyncio.sleep(1)
        assert list(wire.rows) == ["int:2"]
        manager.complete_task(1)
        await asyncio.sleep(1)
        assert list(wire.rows) == ["int:2"]
        say(widget, "ready", view="late")
        await asyncio.sleep(1)
        assert [row["row"] for row in wire.messages[-1]["rows"]] == ["int:2"]

    run(main)


def test_a_new_message_brings_a_closed_widget_back_with_its_row_alone():
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager)
        manager.register_tasks(1, 2)
        manager.register_tasks(2, 2)
        await asyncio.sleep(1)
        say(widget, "close")
        await asyncio.sleep(1)
        assert wire.rows == {}
        manager.register_tasks(3, 1)
        await asyncio.sleep(1)
        assert list(wire.rows) == ["int:3"]

    run(main)


def test_a_closed_message_that_starts_anew_comes_back():
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager)
        manager.register_tasks(1, 1)
        await asyncio.sleep(1)
        say(widget, "close", "int:1")
        await asyncio.sleep(1)
        manager.clear(1)
        manager.register_tasks(1, 4)
        await asyncio.sleep(1)
        assert wire.rows["int:1"]["counts"]["total"] == 4

    run(main)


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
            assert release.wait(10)
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


def test_with_a_message_id_it_shows_that_message_alone():
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager, message_id=2)
        manager.register_tasks(1, 1)
        manager.register_tasks(2, 1)
        manager.complete_task(1, image=picture())
        await asyncio.sleep(1)
        say(widget, "ready")
        await asyncio.sleep(1)
        assert list(wire.rows) == ["int:2"]
        assert [row["row"] for row in wire.messages[-1]["rows"]] == ["int:2"]

    run(main)


def test_the_newest_message_has_the_highest_place():
    async def main() -> None:
        manager = ProgressManager()
        _, wire = shown(manager)
        for message in "abc":
            manager.register_tasks(message, 1)
            await asyncio.sleep(0.2)
        places = [wire.rows[f"str:{message}"]["place"] for message in "abc"]
        assert places == sorted(places)
        assert len(set(places)) == 3

    run(main)


@pytest.mark.parametrize(
    "content",
    [
        *(None, {}, {"kind": "open"}, {"kind": "close", "row": "x"}, {"kind": "open", "row": []}),
        *({"kind": "ready", "view": view} for view in (None, 5, [[]], "\ud83d", "v" * 999)),
        {"kind": "open", "row": "int:1", "view": "\ud83d"},
    ],
)
def test_nonsense_from_a_page_harms_nothing(content):
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager)
        widget._handle_custom_msg(content, [])
        manager.register_tasks(1, 1)
        await asyncio.sleep(1)
        assert list(wire.rows) == ["int:1"]
        assert not widget._opened

    run(main)


def test_a_closed_widget_lets_the_manager_go():
    async def main() -> None:
        manager = ProgressManager()
        widget, wire = shown(manager)
        manager.register_tasks(1, 1)
        await asyncio.sleep(1)
        say(widget, "open", "int:1")
        widget.close()
        count = len(wire.messages)
        manager.complete_task(1, image=picture())
        widget.flush()
        await asyncio.sleep(1)
        assert len(wire.messages) == count

    run(main)


def test_a_widget_speaks_once_more_before_it_is_closed_so_that_a_page_has_loaded_it_by_then():
    widget, wire = shown(ProgressManager())
    comm = widget.comm
    close, before = comm.close, []
    comm.close = lambda: (before.extend(wire.others), close())
    widget.close()
    widget.close()
    assert before == [{"kind": "check", "seq": 0}]
    assert widget.comm is None


def test_without_a_loop_only_flush_sends():
    manager = ProgressManager()
    widget, wire = shown(manager)
    manager.register_tasks(1, 2)
    manager.complete_task(1, image=picture())
    assert wire.messages == []
    widget.flush()
    assert wire.rows["int:1"]["counts"]["succeeded"] == 1
    widget.close()


def test_a_widget_made_before_the_loop_uses_the_loops_that_come():
    manager = ProgressManager()
    _, wire = shown(manager)

    async def main() -> None:
        manager.register_tasks(len(wire.rows), 1)
        await asyncio.sleep(1)

    run(main)
    assert list(wire.rows) == ["int:0"]
    run(main)
    assert list(wire.rows) == ["int:0", "int:1"]


@pytest.mark.parametrize("given", [3, "m", object()])
def test_what_is_no_progress_manager_is_refused_with_what_it_takes(given):
    with pytest.raises(TypeError, match=r"takes a ProgressManager, .*message_id="):
        ProgressWidget(given)


def test_it_observes_the_kernels_own_manager_by_default():
    async def main() -> None:
        widget = ProgressWidget()
        wire = Wire(widget)
        progress_manager.register_tasks("of the kernel", 1)
        await asyncio.sleep(1)
        assert "str:of the kernel" in wire.rows
        progress_manager.clear("of the kernel")
        widget.close()

    run(main)
