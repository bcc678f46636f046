"""The command line: ``nbkit demo``, ``lab``, ``render``, ``serve`` and ``store``."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from nbkit import demo, export, store_commands
from nbkit.errors import MissingExtraError, NbkitError, StreamError, explain
from nbkit.llm.replay import transcripts
from nbkit.serve import Server
from nbkit.session import Session
from nbkit.terminal import console, printable, watch


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status: 0, 1 for a failure, 2 for a wrong call."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.command != "lab":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    try:
        status: int = arguments.run(arguments)
    except KeyboardInterrupt:
        # No more than this: whoever is in a hurry interrupts twice.
        print("interrupted", file=sys.stderr)  # noqa: T201 - the last word of a command
        return 130
    except (NbkitError, OSError, ValueError) as error:
        console().print(f"nbkit {arguments.command}: {explain(error)}", markup=False)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nbkit", description="Streamed LLM replies with their images arriving in place."
    )
    parser.add_argument("--version", action="version", version=f"nbkit {version('nbkit')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    one = commands.add_parser("demo", help="run the quickstart in a real kernel")
    one.add_argument(
        "--transcript", default="lighthouse", choices=transcripts(), help="which recording to play"
    )
    one.add_argument(
        "--output", type=Path, default=Path("nbkit-demo"), help="the folder to write to"
    )
    one.set_defaults(run=_demo)

    one = commands.add_parser(
        "lab", help="open JupyterLab on the notebooks; other arguments are passed on to it"
    )
    one.set_defaults(run=_lab)

    one = commands.add_parser("render", help="illustrate a text from a file or a pipe")
    one.add_argument("file", help="the text; - reads standard input")
    one.add_argument("-o", "--output", type=Path, required=True, help=".html, .md or .ipynb")
    one.add_argument("--images", default="sketch", help="the backend (default: %(default)s)")
    one.add_argument("--seed", type=int, help="for the backend")
    one.add_argument("--max-concurrency", type=int, default=2, help="images at a time")
    one.add_argument("--store", type=Path, help="a folder that keeps it as it goes")
    one.add_argument("--reuse", action="store_true", help="take images that the store has")
    one.set_defaults(run=_render)

    one = commands.add_parser(
        "serve", help="models and image servers on this machine, for teaching and tests"
    )
    one.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    one.add_argument("--port", type=int, default=8765, help="0 takes one that is free")
    one.add_argument(
        "--rate", type=_rate, default=40.0, help="tokens a second, or: recorded (default: 40)"
    )
    one.add_argument(
        "--transcript", default="lighthouse", choices=transcripts(), help="what models say"
    )
    one.add_argument("--image-seconds", type=float, default=1.0, help="how long a picture takes")
    one.add_argument("--key", help="what clients must bring (default: anything will do)")
    one.set_defaults(run=_serve)

    store_commands.add_parser(commands)
    return parser


def _demo(arguments: argparse.Namespace) -> int:
    for path in demo.run(arguments.transcript, arguments.output):
        print(path)  # noqa: T201 - what the command is asked for
    return 0


def _lab(arguments: argparse.Namespace) -> int:
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtraError("jupyterlab", extra="lab")
    folder = demo.notebooks()
    if folder.is_relative_to(Path(__file__).parent):
        # Installed: the package's own files are no place to work in.
        folder = _copied(folder, Path("nbkit-notebooks"))
    command = [sys.executable, "-m", "jupyterlab", *arguments.rest, str(folder)]
    if os.name == "posix":
        # In this very process: whoever ends it ends JupyterLab, and its kernels.
        os.execv(sys.executable, command)  # noqa: S606 - of our own making
    return subprocess.run(command, check=False).returncode  # noqa: S603 - of our own making


def _copied(folder: Path, to: Path) -> Path:
    """Copy what is not there yet: whoever has changed a notebook keeps it."""
    for file in folder.rglob("*"):
        at = to / file.relative_to(folder)
        if file.is_file() and not at.exists():
            at.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, at)
    return to


def _render(arguments: argparse.Namespace) -> int:
    export.writer_for(arguments.output)  # before any image is made in vain
    if arguments.file == "-":
        session = _session(iter(_lines()), arguments)
    else:
        session = _session(_read(Path(arguments.file)), arguments)
    try:
        watch(session)
    except StreamError:
        if session.text:  # what had come before it broke off stays
            _save(session, arguments.output)
        raise
    _save(session, arguments.output)
    failed = [each for each in session.images if each.status == "failed"]
    for each in failed:
        console().print(printable(f"not made: {each.prompt}: {each.error}"), markup=False)
    return 1 if failed else 0


def _save(session: Session, path: Path) -> None:
    print(session.save(path).resolve())  # noqa: T201 - what the command is asked for


def _serve(arguments: argparse.Namespace) -> int:
    server = Server(
        host=arguments.host,
        port=arguments.port,
        rate=arguments.rate,
        transcript=arguments.transcript,
        image_seconds=arguments.image_seconds,
        key=arguments.key,
    )
    with server:
        key = "any" if arguments.key is None else "(the key)"
        lines = (
            f"nbkit serves on {server.url}; Ctrl-C ends it",
            f"  OPENAI_BASE_URL={server.url}/v1  OPENAI_API_KEY={key}",
            f"  ANTHROPIC_BASE_URL={server.url}  ANTHROPIC_API_KEY={key}",
            f"  OLLAMA_HOST={server.url}",
            f'  images="a1111:{server.url}"  images="comfyui:{server.url}"  images="openai:sketch"',
        )
        print(*lines, sep="\n", flush=True)  # noqa: T201 - what the command is asked for
        forever = threading.Event()
        while not forever.wait(1.0):  # in bits: Windows hears no Ctrl-C in a wait without end
            pass
    return 0


def _rate(text: str) -> float | None:
    try:
        return None if text == "recorded" else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a number, or recorded, not {text!r}") from None


def _session(source: object, arguments: argparse.Namespace) -> Session:
    return Session(
        source,
        message_id=arguments.file,
        images=arguments.images,
        seed=arguments.seed,
        max_concurrency=arguments.max_concurrency,
        store=arguments.store,
        reuse=arguments.reuse,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8") from error


def _lines() -> Iterator[str]:
    """Read a pipe as it is written to, so that the first image does not wait for the last line."""
    yield from sys.stdin
