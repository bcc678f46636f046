"""The rows of the progress widget, and what goes to the page of them."""

from __future__ import annotations

import asyncio
import threading

import pytest
from unit.progress_widget_kit import Wire, picture, say, shown

from nbkit.progress import ProgressManager, progress_manager
from nbkit.testing import run, until
from nbkit.widgets import ProgressWidget
from nbkit.widgets.page import CHECK_AFTER


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


def test_the_number_of_the_last_frame_is_said_again_once_when_all_tasks_have_ended():
    async def main() -> None:
        manager = ProgressManager()
        _, wire = shown(manager)
        manager.register_tasks(1, 2)
        manager.complete_task(1)
        await asyncio.sleep(10 * CHECK_AFTER)
        assert not wire.others
        manager.complete_task(1)
        await asyncio.sleep(10 * CHECK_AFTER)
        assert wire.others == [{"kind": "check", "seq": wire.frames()[-1]["seq"]}]

    run(main)


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
