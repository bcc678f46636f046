"""A kernel is killed at any instant; another finishes what it began, and nothing twice."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from kernel.killed_child import IMAGES, TEXT

import nbkit
from nbkit.store import Journal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs fork and SIGKILL")

KILLS = 100


class Children:
    """The warm process, and the lines of the child that it has forked last."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("killed_child.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, folder: Path, what: str, *, own: int = 0, ours: int = 0) -> list[str]:
        """Run a child to its end; returns all that it said.

        It kills itself after saying ``own`` lines, at that very instant, or is killed from here
        when so many of ``ours`` have been read, at whatever it is by then.
        """
        self._send(f"{folder} {what} {own}")
        lines = [self._read()]
        pid = int(lines[0].removeprefix("pid "))
        while len(lines) != own and not lines[-1].startswith("done "):
            if len(lines) == ours:
                with contextlib.suppress(ProcessLookupError):  # it was faster
                    os.kill(pid, signal.SIGKILL)
                break
            lines.append(self._read())
        self._wait(pid)
        self._send("- - 0")
        while (line := self._read()) != "mark":
            lines.append(line)
        return lines

    def _send(self, line: str) -> None:
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _read(self) -> str:
        line = self._process.stdout.readline().rstrip("\n")
        assert line, "the process that forks has ended"
        assert not line.startswith("error "), line
        return line

    def _wait(self, pid: int) -> None:
        """Wait for the end of a process that is nobody's child here."""
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            select.select([handle], [], [], 30)
            os.close(handle)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def children():
    own = Children()
    yield own
    own.close()


def calls(folder: Path) -> Counter[str]:
    file = Path(f"{folder}.calls")
    return Counter(file.read_text().splitlines() if file.exists() else [])


class Watched:
    """What a store has been seen to hold, kill after kill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.text = ""
        self.calls_when_stored: dict[str, int] = {}

    def look(self, lines: list[str]) -> str | None:
        """Hold the store against what the child said; returns the session's id, if it has one."""
        journal = Journal(self.folder)
        if not (self.folder / "journal.sqlite3").exists():
            assert not self.calls_when_stored
            return None
        stored = journal.sessions()
        if not stored:
            assert not self.calls_when_stored
            assert not any(line.startswith("image ") for line in lines)
            return None
        ((session, tasks),) = stored
        assert session.status in ("interrupted", "completed")  # the end may have been written down
        contents = journal.contents(session.id)
        assert TEXT.startswith(contents.text)
        assert contents.text.startswith(self.text)
        self.text = contents.text
        # Text is on its way for 50 ms at most, and each image takes along what came before it.
        kept = {each.prompt for each in tasks if each.status == "succeeded"}
        for each in tasks:
            if each.status == "succeeded":
                assert each.image.load(journal.files) is not None
        announced = {line.removeprefix("image ") for line in lines if line.startswith("image ")}
        assert announced <= kept
        assert set(self.calls_when_stored) <= kept
        made = calls(self.folder)
        for prompt in kept:
            assert self.calls_when_stored.setdefault(prompt, made[prompt]) == made[prompt]
        return session.id

    def finished(self) -> None:
        """Hold the end against all that there was before."""
        store = nbkit.open_store(self.folder)
        (session,) = store.sessions()
        assert session.status == "completed"
        contents = Journal(self.folder).contents(session.id)
        assert contents.text.startswith(self.text)
        prompts = contents.text.count("-->")
        assert (session.total, session.succeeded, session.pending) == (prompts, prompts, 0)
        made = calls(self.folder)
        for prompt, number in self.calls_when_stored.items():
            assert made[prompt] == number


def test_a_hundred_kills_at_random_instants_lose_nothing_and_make_nothing_twice(
    children, tmp_path, record_property
):
    rng = random.Random(20261127)
    whole = tmp_path / "whole"
    lines = len(children.run(whole, "paced"))
    assert calls(whole) == Counter({f"fox {n}": 1 for n in range(IMAGES)})
    assert lines > 200
    kills = chains = full = 0
    while kills < KILLS:
        chains += 1
        watched = Watched(tmp_path / f"chain-{chains}")
        session: str | None = None
        begin = rng.choice(["fast", "paced"])
        for _ in range(rng.randrange(1, 7)):
            # A session that goes on has less to do than one that begins.
            limit = lines if session is None else lines // 3
            instant = {rng.choice(["own", "ours"]): rng.randrange(1, limit)}
            said = children.run(watched.folder, session or begin, **instant)
            if finished := [line for line in said if line.startswith("done ")]:
                break
            kills += 1
            session = watched.look(said)
        else:
            said = children.run(watched.folder, session or begin)
            finished = said[-1:]
        word, status, total, succeeded, length = finished[0].split()
        assert (word, status) == ("done", "completed")
        assert total == succeeded
        assert int(length) >= len(watched.text)
        full += int(total) == IMAGES
        watched.finished()
    record_property("kills", kills)
    print(f"\n{kills} kills in {chains} chains, {full} of which had their whole text")
    assert 0 < full < chains
