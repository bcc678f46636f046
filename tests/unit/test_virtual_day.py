"""Everything that waits, on a loop whose time is virtual: a day of it takes about a second.

All times are read from that clock; what a test costs is told by how often it was put forward.
"""

import asyncio
import contextlib
import itertools
import math
import threading

import PIL.Image
import pytest
from machine_kit import counts_of

from nbkit._progress.coalesce import INTERVAL
from nbkit._store.writer import flush_own
from nbkit.detector import PromptDetector
from nbkit.errors import BackendError, ServerTimeoutError, TaskTimeout
from nbkit.http import Client
from nbkit.llm.replay import replay
from nbkit.models import Deadlines, EncodedImage
from nbkit.monitor import StreamingMonitor
from nbkit.progress import ProgressManager
from nbkit.session_manager import SessionManager
from nbkit.store import Journal
from nbkit.testing import VirtualLoop, run
from nbkit.widgets import ProgressWidget
from nbkit.widgets.cadence import Cadence

IMAGE = EncodedImage(b"picture", "image/png", 1, 1)
PNG = PIL.Image.new("RGB", (4, 4))
HOUR = 3_600.0
DAY = 24 * HOUR


def clock():
    return asyncio.get_running_loop().clock


# A day of rate limits

RATE = 6
INTERVAL_BETWEEN = 2.0
BURSTS = {"a": (9, 0.0), "b": (7, 10.0)}
"""How many prompts each message asks for in every hour, and how late."""


class Server:
    """Takes eight seconds for an image; every eleventh prompt is told to come back later."""

    checks_images = True

    def __init__(self):
        self.starts, self.refusals, self.refused = [], [], set()

    async def generate(self, request, *, on_preview):
        loop = asyncio.get_running_loop()
        self.starts.append((loop.time(), request.prompt))
        number = int(request.prompt.split()[1])
        if number % 11 == 5 and request.prompt not in self.refused:
            await asyncio.sleep(1.0)
            self.refused.add(request.prompt)
            seconds = 30.0 + number % 80
            self.refusals.append((loop.time(), request.prompt, seconds))
            raise BackendError("429", retryable=True, retry_after=seconds)
        await asyncio.sleep(8.0)
        return IMAGE

    async def aclose(self):
        pass


async def bursts(name, began, asked):
    """Ask for some images at every hour."""
    loop, numbers = asyncio.get_running_loop(), itertools.count()
    count, late = BURSTS[name]
    for hour in range(24):
        await asyncio.sleep(began + hour * HOUR + late - loop.time())
        for number in itertools.islice(numbers, count):
            asked[f"{name} {number}"] = loop.time()
            yield f'Now <!--img-prompt="{name} {number}"--> then.\n'
    await asyncio.sleep(began + DAY - loop.time())


def test_a_day_of_rate_limits_across_two_sessions_keeps_them_all_and_wastes_no_second():
    server, asked, notices = Server(), {}, []

    async def main():
        loop = asyncio.get_running_loop()
        began = loop.time()
        progress = ProgressManager(clock=clock())
        progress.observe(lambda _: notices.append(loop.time()), "messages")
        sessions = SessionManager(progress)
        limits = {"max_concurrency": 8, "max_rate": RATE, "min_interval": INTERVAL_BETWEEN}
        for name in BURSTS:
            source = bursts(name, began, asked)
            sessions.start(source, message_id=name, images=server, **limits)
        for session in sessions.sessions:
            await session
            assert session.status == "completed"
            assert {image.status for image in session.images} == {"succeeded"}
            assert len(session.images) == 24 * BURSTS[session.message_id][0]
        assert began + DAY <= loop.time() <= began + DAY + 1.0
        assert progress.messages == {name: progress.get_state(name) for name in BURSTS}
        assert clock().leaps < 5_000

    run(main)
    starts = [time for time, _ in server.starts]
    prompts = 24 * sum(count for count, _ in BURSTS.values())
    assert len(starts) == prompts + len(server.refusals)
    assert len(server.refusals) > 30
    for early, late in itertools.pairwise(starts):
        assert late - early >= INTERVAL_BETWEEN - 1e-5
    for early, late in zip(starts, starts[RATE:], strict=False):
        assert late - early >= 60.0 - 1e-5
    for early, late in itertools.pairwise(notices):
        assert late - early >= INTERVAL - 1e-5
    each_starts_as_soon_as_it_may(server, asked)
    nobody_starves(server, asked)


def each_starts_as_soon_as_it_may(server, asked):
    """Reckon each start anew: from the one before, the sixth before, and what was refused."""
    due = dict(asked)
    refusals, before, closed = list(server.refusals), [], -math.inf
    for time, prompt in server.starts:
        while refusals and refusals[0][0] < time - 1e-5:
            at, refused, seconds = refusals.pop(0)
            closed = max(closed, at + seconds)
            due[refused] = at + seconds
        limits = [min(due.values()), closed]
        limits += [before[-1] + INTERVAL_BETWEEN] if before else []
        limits += [before[-RATE] + 60.0] if len(before) >= RATE else []
        assert time == pytest.approx(max(limits), abs=1e-3)
        assert due.pop(prompt) <= time + 1e-5
        before.append(time)
    assert due == {}


def nobody_starves(server, asked):
    """Who comes first is served first within a message, and all within their hour."""
    first = {}
    for time, prompt in server.starts:
        first.setdefault(prompt, time)
    for name in BURSTS:
        own = [prompt for prompt in first if prompt.startswith(name)]
        assert own == sorted(own, key=lambda prompt: int(prompt.split()[1]))
    assert all(time - asked[prompt] < HOUR for time, prompt in server.starts)


# Each thing that waits


def test_a_text_is_polled_by_virtual_time_for_a_day():
    polls = []

    def text():
        polls.append(1)
        return None if len(polls) == 1441 else "x" * len(polls)

    async def main():
        began = clock().now
        monitor = StreamingMonitor(
            text,
            detector=PromptDetector(),
            progress_manager=ProgressManager(clock=clock()),
            message_id=42,
            on_text=lambda _: None,
            on_prompt=lambda _: None,
            poll_interval=60.0,
        )
        await monitor.start()
        await monitor.wait()
        assert clock().now == pytest.approx(began + DAY)
        assert len(monitor.text) == 1440

    run(main)


def test_a_tasks_timeout_passes_by_virtual_time_though_nobody_asks():
    async def main():
        manager, loop, heard = ProgressManager(clock=clock()), asyncio.get_running_loop(), []
        manager.on("task", lambda event: heard.append((loop.time() - began, event.task.status)))
        began = loop.time()
        manager.register_tasks(42, 1, timeout=HOUR)
        manager.register_tasks(43, 1, timeout=2 * HOUR)
        await asyncio.sleep(HOUR / 2)
        manager.start_task(42)  # from here on it has an hour
        await asyncio.sleep(DAY)
        ends = [(round(time, 6), status) for time, status in heard if status == "failed"]
        assert ends == [(1.5 * HOUR, "failed"), (2 * HOUR, "failed")]
        (task,) = manager.get_tasks(42)
        assert isinstance(task.error, TaskTimeout)
        assert "nbkit-deadlines" not in {thread.name for thread in threading.enumerate()}
        assert clock().leaps < 20

    run(main)


def test_a_timeout_less_than_a_nanosecond_after_another_passes_too():
    async def main():
        manager = ProgressManager(clock=clock())
        for number in range(4):  # a loop rings what is due within its resolution at once
            manager.register_tasks(number, 1, timeout=HOUR + number * 3e-10)
        await asyncio.sleep(2 * HOUR)
        states = [manager._ledger.records[number].state(0.0) for number in range(4)]
        assert [state.failed for state in states] == [1] * 4

    run(main)


def test_a_timeout_set_in_a_thread_passes_by_virtual_time_too():
    async def main():
        manager = ProgressManager(clock=clock())
        await asyncio.to_thread(manager.register_tasks, 42, 1, timeout=HOUR)
        began = clock().now
        await manager.wait_all_complete(42)
        assert clock().now == began + HOUR
        assert manager.get_state(42).failed == 1

    run(main)


def test_a_clock_whose_loop_is_closed_leaves_timeouts_to_queries():
    loop = VirtualLoop()
    loop.close()
    manager = ProgressManager(clock=loop.clock)
    manager.register_tasks(42, 1, timeout=HOUR)
    loop.clock.now += HOUR
    assert manager.get_state(42).failed == 1


def test_a_wait_for_all_images_gives_up_by_virtual_time():
    async def main():
        manager = ProgressManager(clock=clock())
        manager.register_tasks(42, 1)
        began = clock().now
        with pytest.raises(TimeoutError):
            await manager.wait_all_complete(42, timeout=DAY)
        assert clock().now == began + DAY

    run(main)


def test_the_trait_is_notified_twenty_times_a_virtual_second():
    async def main():
        manager, notices = ProgressManager(clock=clock()), []
        manager.observe(lambda change: notices.append((clock().now, change.new[42])), "messages")
        manager.register_tasks(42, 1_000)
        for _ in range(1_000):
            manager.complete_task(42)
            await asyncio.sleep(0.01)
        await asyncio.sleep(INTERVAL)
        times = [time for time, _ in notices]
        gaps = [late - early for early, late in itertools.pairwise(times)]
        assert all(gap == pytest.approx(INTERVAL, abs=0.011) for gap in gaps)
        assert min(gaps) >= INTERVAL - 1e-9
        assert counts_of(notices[-1][1]) == counts_of(manager.get_state(42))

    run(main)


def test_frames_of_a_widget_keep_their_cadence_in_virtual_time():
    async def main():
        frames = []

        def send():
            frames.append(clock().now)
            cadence.sent()

        cadence = Cadence(send, interval=0.1)
        for _ in range(1_000):
            cadence.wake()
            await asyncio.sleep(0.01)
        gaps = [late - early for early, late in itertools.pairwise(frames)]
        assert all(gap == pytest.approx(0.1, abs=1e-6) for gap in gaps)
        assert len(frames) == pytest.approx(100, abs=1)

    run(main)


def test_a_recording_is_replayed_in_its_own_time_and_takes_none():
    async def main():
        began, stream = clock().now, replay("lighthouse")
        text = "".join([delta async for delta in stream])
        assert len(text) > 500
        assert clock().now - began == pytest.approx(stream.seconds)

    run(main)


def test_timeouts_and_growing_delays_of_attempts_pass_by_virtual_time():
    async def main():
        starts, began = [], clock().now

        async def hang(prompt):
            starts.append(clock().now - began)
            await asyncio.get_running_loop().create_future()

        sessions = SessionManager(ProgressManager(clock=clock()))
        session = sessions.start('<img_prompt="sea">', images=hang, retries=4, timeout=HOUR)
        await session
        assert isinstance(session.images[0].error, TaskTimeout)
        delays = [late - early - HOUR for early, late in itertools.pairwise(starts)]
        for delay, usual in zip(delays, (0.5, 1.0, 2.0, 4.0), strict=True):
            assert 0.75 * usual - 1e-5 <= delay <= usual + 1e-5

    run(main)


@contextlib.asynccontextmanager
async def served(answer):
    """A real server on the same loop, whose seconds are virtual too."""

    async def serve(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("deadlines", "after"),
    [(Deadlines(between=HOUR), HOUR), (Deadlines(between=None, total=12 * HOUR), 12 * HOUR)],
)
def test_deadlines_of_a_server_pass_by_virtual_time_over_real_sockets(deadlines, after):
    async def drip(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(600.0)

    async def main():
        async with served(drip) as address, Client(address, deadlines=deadlines) as client:
            began = clock().now
            with pytest.raises(ServerTimeoutError):
                await client.json("GET", "/")
            assert clock().now - began == pytest.approx(after, abs=1.0)

    run(main)


def test_a_store_is_written_before_virtual_time_goes_on(tmp_path):
    async def main():
        # Its writer is a thread: without this, time would run away from it.
        clock().before_leap.append(lambda: flush_own(tmp_path, 10.0))
        sessions, kept = SessionManager(ProgressManager(clock=clock())), []

        async def text():
            for number in range(5):
                yield f'{number} <!--img-prompt="p{number}"-->\n'
                await asyncio.sleep(0.1)
                kept.append(len(Journal(tmp_path).contents(session.id).text))

        async def paint(prompt):
            await asyncio.sleep(0.5)
            return PNG

        session = sessions.start(text(), images=paint, store=tmp_path, timeout=1.0, retries=0)
        await session
        assert [image.status for image in session.images] == ["succeeded"] * 5
        assert kept == list(itertools.accumulate([len(session.text) // 5] * 5))
        flush_own(tmp_path, 10.0)
        stored = Journal(tmp_path).contents(session.id)
        assert len(stored.tasks) == 5
        assert all(task.image is not None for task in stored.tasks)

    run(main)


def test_what_is_said_of_times_is_reckoned_on_the_managers_clock(tmp_path):
    async def main():
        clock().before_leap.append(lambda: flush_own(tmp_path, 10.0))
        progress = ProgressManager(clock=clock())
        widget, rows = ProgressWidget(progress), {}
        widget.send = lambda content, _: rows.update({r["row"]: r for r in content["rows"]})

        async def paint(prompt):
            await asyncio.sleep(HOUR)
            return PNG

        sessions = SessionManager(progress)
        session = sessions.start('<img_prompt="sea">', images=paint, store=tmp_path, timeout=DAY)
        await session
        await asyncio.sleep(1.0)
        (row,) = rows.values()
        assert row["elapsed"] == pytest.approx(HOUR, abs=1.0)
        assert session.elapsed == pytest.approx(HOUR, abs=1.0)
        assert session.images[0].seconds == pytest.approx(HOUR, abs=1.0)
        flush_own(tmp_path, 10.0)
        (task,) = Journal(tmp_path).contents(session.id).tasks
        assert task.seconds == pytest.approx(HOUR, abs=1.0)

    run(main)
