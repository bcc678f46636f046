"""The command line's ``nbkit store``: list, show, resume, export and gc."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nbkit import export
from nbkit.session_store import SessionStore, StoredSession
from nbkit.terminal import console, printable, watch


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and what belongs to it."""
    store = commands.add_parser("store", help="what a folder given as store= has kept")
    actions = store.add_subparsers(dest="action", required=True, metavar="ACTION")

    one = actions.add_parser("list", help="list the sessions, newest first")
    one.add_argument("path", type=Path, help="the folder")
    one.add_argument("--json", action="store_true", help="for programs")
    one.set_defaults(run=_list)

    one = actions.add_parser("show", help="print a session's text and images")
    _of_a_session(one)
    one.set_defaults(run=_show)

    one = actions.add_parser("resume", help="finish what a killed kernel has left")
    _of_a_session(one)
    one.add_argument("--images", help="the backend (default: the one of before)")
    one.add_argument("-o", "--output", type=Path, help="then save it: .html, .md or .ipynb")
    one.set_defaults(run=_resume)

    one = actions.add_parser("export", help="save a session as a file")
    _of_a_session(one)
    one.add_argument("-o", "--output", type=Path, required=True, help=".html, .md or .ipynb")
    one.set_defaults(run=_export)

    one = actions.add_parser("gc", help="remove files that no session refers to")
    one.add_argument("path", type=Path, help="the folder")
    one.add_argument("--keep", type=_count, help="remove all but so many of the newest sessions")
    one.add_argument("--keep-days", type=_days, help="remove sessions older than this")
    one.set_defaults(run=_gc)


def _of_a_session(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help="the folder")
    parser.add_argument(
        "id", nargs="?", help="the session's id or its beginning (default: the newest)"
    )


def _list(arguments: argparse.Namespace) -> int:
    sessions = SessionStore(arguments.path).sessions()
    if arguments.json:
        print(json.dumps([dataclasses.asdict(each) for each in sessions], indent=1))  # noqa: T201 - what the command is asked for
        return 0
    table = Table("id", "message", "status", "images", "begun", "made by", box=None)
    for each in sessions:
        begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.created_at))
        images = _counts(each)
        status = f"damaged: {each.error}" if each.status == "damaged" else each.status
        row = (each.id[:12], str(each.message_id), status, images, begun, each.images)
        table.add_row(*map(_plain, row))
    Console().print(table)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    store = SessionStore(arguments.path)
    found = _found(store, arguments.id)
    story = store.story(found.id)
    out = Console()
    out.print(printable(story.to_text()), markup=False, highlight=False)
    table = Table("image", "status", "versions", "attempts", "prompt", box=None)
    for slot in story.slots.values():
        said = f"{slot.prompt}: {slot.error}" if slot.error else slot.prompt
        row = (slot.id, slot.status, str(len(slot.versions)), str(slot.attempt), said)
        table.add_row(*map(_plain, row))
    out.print(table)
    out.print(f"{found.id}: {found.status}, {_counts(found)}", markup=False)
    return 0


def _resume(arguments: argparse.Namespace) -> int:
    if arguments.output is not None:
        export.writer_for(arguments.output)  # before any image is made in vain
    store = SessionStore(arguments.path)
    found = _found(store, arguments.id)
    try:
        session = store.resume(found.id, images=arguments.images)
    except TypeError as error:
        raise ValueError(f"{error} (here: --images)") from error
    watch(session)
    if arguments.output is not None:
        print(session.save(arguments.output).resolve())  # noqa: T201 - what the command is asked for
    else:
        print(session.id)  # noqa: T201 - what the command is asked for
    if session.store_error is not None:
        console().print(f"not kept: {session.store_error}", markup=False)
    failed = [each for each in session.images if each.status == "failed"]
    for each in failed:
        console().print(printable(f"not made: {each.prompt}: {each.error}"), markup=False)
    return 1 if failed or session.store_error is not None else 0


def _export(arguments: argparse.Namespace) -> int:
    export.writer_for(arguments.output)
    store = SessionStore(arguments.path)
    story = store.story(_found(store, arguments.id).id)
    print(export.save(story, arguments.output).resolve())  # noqa: T201 - what the command is asked for
    return 0


def _gc(arguments: argparse.Namespace) -> int:
    store = SessionStore(arguments.path)
    swept = store.sweep(keep=arguments.keep, keep_days=arguments.keep_days)
    sessions = "1 session" if swept.sessions == 1 else f"{swept.sessions} sessions"
    files = "1 file" if swept.files == 1 else f"{swept.files} files"
    print(f"removed {sessions} and {files} ({swept.size / 1e6:.1f} MB)")  # noqa: T201 - what the command is asked for
    return 0


def _found(store: SessionStore, session_id: str | None) -> StoredSession:
    if session_id is not None:
        return store.find(session_id)
    sessions = store.sessions()
    if not sessions:
        raise ValueError(f"there is no session in {store.folder}")
    return sessions[0]


def _counts(session: StoredSession) -> str:
    said = f"{session.succeeded} of {session.total}"
    for name in ("failed", "cancelled", "pending"):
        if number := getattr(session, name):
            said += f", {number} {name}"
    return said


def _plain(text: str) -> str:
    return escape(printable(" ".join(text.split())))


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number, 0 or more, not {text!r}")
    return int(text)


def _days(text: str) -> float:
    with contextlib.suppress(ValueError):
        if (number := float(text)) >= 0:
            return number
    raise argparse.ArgumentTypeError(f"a number of days, 0 or more, not {text!r}")
