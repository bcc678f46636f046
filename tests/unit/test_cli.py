"""The command line, but for what needs a kernel."""

import importlib.util
import io
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from nbkit import cli, demo

TEXT = '# A walk\n\nBy the sea <!--img-prompt="a red boat on the sea"--> we **went**.\n'


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def render(*arguments):
    return cli.main(["render", *arguments, "--images", "sketch?duration=0&width=64&height=64"])


def test_render_illustrates_a_file_and_prints_the_path_alone_on_a_line(tmp_path, capsys):
    Path("walk.md").write_text(TEXT)
    assert render("walk.md", "-o", "out/walk.html") == 0
    captured = capsys.readouterr()
    assert captured.out == f"{tmp_path / 'out' / 'walk.html'}\n"
    page = Path("out/walk.html").read_text()
    assert "<strong>went</strong>" in page
    assert re.search(r'<img[^>]*alt="a red boat on the sea"', page)
    assert "img-prompt" not in page


def test_render_reads_a_pipe(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(TEXT))
    assert render("-", "-o", "walk.md") == 0
    assert "A walk" in Path("walk.md").read_text()
    assert [each.name for each in Path("walk_images").iterdir()] == ["image-1.webp"]


def test_render_keeps_what_had_come_of_a_pipe_that_breaks_off(monkeypatch, capsys):
    class Pipe(io.StringIO):
        def __next__(self):
            if line := self.readline():
                return line
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    monkeypatch.setattr("sys.stdin", Pipe(TEXT))
    assert render("-", "-o", "walk.md") == 1
    captured = capsys.readouterr()
    assert "invalid start byte" in captured.err
    assert captured.out == f"{Path('walk.md').resolve()}\n"
    assert "A walk" in Path("walk.md").read_text()
    assert [each.name for each in Path("walk_images").iterdir()] == ["image-1.webp"]


def test_a_page_needs_nothing_from_outside_itself():
    Path("walk.md").write_text(TEXT + "\n![x](https://example.org/x.png) $x^2$\n")
    render("walk.md", "-o", "walk.html")
    page = Path("walk.html").read_text()
    assert not re.search(r"""(src|srcset)\s*=\s*["'](?!data:)""", page)
    assert "<script" not in page
    assert "<link" not in page


def test_another_word_gives_another_picture_and_the_same_seed_the_same():
    pages = []
    for name, text in [("a", TEXT), ("b", TEXT), ("c", TEXT.replace('sea"', 'lake"'))]:
        Path(f"{name}.md").write_text(text)
        render(f"{name}.md", "-o", f"{name}.html")
        pages.append(re.search(r"data:image/[^\"]+", Path(f"{name}.html").read_text())[0])
    assert pages[0] == pages[1] != pages[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["render", "missing.md", "-o", "x.html"], "missing.md"),
        (["render", "binary.md", "-o", "x.html"], "binary.md is no text"),
        (["render", "walk.md", "-o", "x.html", "--images", "nowhere"], "sketch"),
        (["render", "walk.md", "-o", "x.pdf"], ".html"),
        (["render", "walk.md", "-o", "x.html", "--max-concurrency", "0"], "max_concurrency"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_a_failure(arguments, words, capsys):
    Path("walk.md").write_text(TEXT)
    Path("binary.md").write_bytes(b"\x89PNG\xff")
    assert cli.main(arguments) == 1
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_a_name_that_nothing_is_saved_as_is_refused_before_anything_is_read(monkeypatch, capsys):
    class Pipe(io.StringIO):
        def __next__(self):
            raise AssertionError("read")

    monkeypatch.setattr("sys.stdin", Pipe(TEXT))
    assert render("-", "-o", "walk.pdf") == 1
    assert ".html, .md, .ipynb, not as 'walk.pdf'" in capsys.readouterr().err


def test_a_wrong_call_says_what_there_is(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["demo", "--transcript", "nowhere"])
    assert ended.value.code == 2
    assert "lighthouse" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["demo", "lab"])
def test_a_missing_extra_is_named(command, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert cli.main([command]) == 1
    assert 'pip install "nbkit[lab]"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rate", "0"], "rate is a number of tokens"),
        (["--image-seconds", "-1"], "image_seconds is 0"),
        (["--port", "70000"], "port is from 0"),
        (["--host", "203.0.113.1", "--port", "0"], "203.0.113.1"),
    ],
)
def test_a_server_that_cannot_be_is_one_line_and_a_failure(arguments, words, capsys):
    assert cli.main(["serve", *arguments]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_serve_without_its_packages_names_the_extra(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert cli.main(["serve"]) == 1
    assert 'pip install "nbkit[serve]"' in capsys.readouterr().err


def test_a_rate_that_is_none_is_a_wrong_call(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["serve", "--rate", "quick"])
    assert ended.value.code == 2
    assert "--rate: a number, or recorded, not 'quick'" in capsys.readouterr().err


def test_lab_becomes_jupyterlab_on_the_notebooks(monkeypatch):
    started = []
    monkeypatch.setattr("os.execv", lambda program, command: started.append((program, command)))
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 3)
    )
    assert cli.main(["lab", "--no-browser"]) == 3
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", str(demo.notebooks())]
    assert started == [(sys.executable, command)]
    assert (demo.notebooks() / "01_quickstart.ipynb").is_file()


def test_lab_leaves_alone_what_has_been_changed_in_the_copied_notebooks(tmp_path, monkeypatch):
    monkeypatch.setattr("os.execv", lambda *_: None)
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0)
    )
    package = tmp_path / "package"
    (package / "notebooks" / "images").mkdir(parents=True)
    (package / "notebooks" / "images" / "one.png").write_bytes(b"one")
    (package / "notebooks" / "a.ipynb").write_text("as installed")
    monkeypatch.setattr(cli, "__file__", str(package / "cli.py"))
    monkeypatch.setattr(demo, "notebooks", lambda: package / "notebooks")
    cli.main(["lab"])
    assert Path("nbkit-notebooks/images/one.png").read_bytes() == b"one"
    Path("nbkit-notebooks/a.ipynb").write_text("changed")
    (package / "notebooks" / "b.ipynb").write_text("of a later version")
    cli.main(["lab"])
    assert Path("nbkit-notebooks/a.ipynb").read_text() == "changed"
    assert Path("nbkit-notebooks/b.ipynb").read_text() == "of a later version"


def test_it_tells_its_version(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("nbkit ")


def test_what_no_command_knows_is_a_wrong_call(capsys):
    with pytest.raises(SystemExit) as ended:
        render("walk.md", "-o", "walk.html", "--colour")
    assert ended.value.code == 2
    assert "unrecognized arguments: --colour" in capsys.readouterr().err


def test_an_interrupted_command_says_so_and_no_more(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "run", interrupted)
    assert cli.main(["demo"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_an_image_that_could_not_be_made_is_said_and_the_rest_is_written(monkeypatch, capsys):
    monkeypatch.setattr("nbkit.queue.backoff", lambda *_, **__: 0.0)
    Path("walk.md").write_text(TEXT)
    with socket.socket() as nobody:  # who listens there
        nobody.bind(("127.0.0.1", 0))
        server = f"a1111:http://127.0.0.1:{nobody.getsockname()[1]}"
        assert cli.main(["render", "walk.md", "-o", "walk.html", "--images", server]) == 1
    assert "not made: a red boat on the sea: " in capsys.readouterr().err
    assert "<strong>went</strong>" in Path("walk.html").read_text()
