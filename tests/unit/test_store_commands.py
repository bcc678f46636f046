"""``nbkit store`` as a person types it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from nbkit import cli

IMAGES = "sketch?duration=0&width=64&height=64"
TEXT = '# A walk\n\nBy [red]the[/red] sea <!--img-prompt="a red boat"--> we went.\n'


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("walk.md").write_text(TEXT)


@pytest.fixture
def kept():
    render = ["render", "walk.md", "-o", "walk.html", "--images", IMAGES, "--store", "kept"]
    assert cli.main(render) == 0


def listed(capsys):
    capsys.readouterr()
    assert cli.main(["store", "list", "kept", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_list_tells_the_sessions(kept, capsys):
    (one,) = listed(capsys)
    assert (one["status"], one["succeeded"], one["message_id"]) == ("completed", 1, "walk.md")
    assert cli.main(["store", "list", "kept"]) == 0
    out = capsys.readouterr().out
    assert one["id"][:12] in out
    assert "1 of 1" in out
    assert IMAGES in out


def test_show_tells_the_text_as_it_is_and_a_table(kept, capsys):
    (one,) = listed(capsys)
    assert cli.main(["store", "show", "kept", one["id"][:8]]) == 0
    out = capsys.readouterr().out
    assert "[red]the[/red] sea [image: a red boat] we went." in " ".join(out.split())
    assert "succeeded" in out
    assert f"{one['id']}: completed, 1 of 1" in out


def test_show_lets_no_text_steer_the_terminal(capsys, tmp_path):
    steers = tmp_path / "walk.md"
    steers.write_text('At \x1b[2J\x9b31m\nsea <!--img-prompt="a \x1b[1m boat"-->.\n')
    render = ["render", str(steers), "--store", "steered", "-o", "walk.html", "--images", IMAGES]
    assert cli.main(render) == 0
    capsys.readouterr()
    assert cli.main(["store", "show", "steered"]) == 0
    out = capsys.readouterr().out
    assert "boat" in out
    assert not {"\x1b", "\x9b"} & set(out)


@pytest.mark.parametrize("name", ["story.html", "story.md", "story.ipynb"])
def test_export_writes_what_render_has_written(kept, capsys, name):
    assert cli.main(["store", "export", "kept", "-o", name]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(Path(name).resolve())
    if name == "story.html":
        assert Path(name).read_text() == Path("walk.html").read_text()


def killed_after_an_image(images=f"{IMAGES!r}"):
    """Leave a session of which one image is made and one is not."""
    code = f"""
        import os, nbkit
        from PIL import Image

        async def text():
            yield {TEXT!r}
            yield {TEXT.replace("boat", "house")!r}

        session = nbkit.illustrate(text(), images={images}, store="kept", max_concurrency=1)
        nbkit.progress_manager.on("image-completed", lambda event: os.kill(os.getpid(), 9))
        session.wait()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False, timeout=60)
    assert done.returncode == -9


def test_resume_finishes_what_a_killed_process_has_left(capsys):
    killed_after_an_image()
    (one,) = listed(capsys)
    assert (one["status"], one["succeeded"]) == ("interrupted", 1)
    assert cli.main(["store", "resume", "kept", "-o", "out.md"]) == 0
    assert capsys.readouterr().out == f"{Path('out.md').resolve()}\n"
    (one,) = listed(capsys)
    assert (one["status"], one["succeeded"], one["pending"]) == ("completed", 2, 0)
    assert len(list(Path("out_images").iterdir())) == 2


def test_resume_without_a_file_to_write_prints_the_sessions_id(capsys):
    killed_after_an_image()
    (one,) = listed(capsys)
    assert cli.main(["store", "list", "kept"]) == 0
    assert "1 of 2, 1 pending" in capsys.readouterr().out
    assert cli.main(["store", "resume", "kept", one["id"][:8]]) == 0
    assert capsys.readouterr().out == f"{one['id']}\n"
    assert listed(capsys)[0]["succeeded"] == 2


def test_resume_of_what_a_function_made_asks_for_a_backend_by_its_option(capsys):
    killed_after_an_image("lambda prompt: Image.new('RGB', (8, 6))")
    assert cli.main(["store", "resume", "kept"]) == 1
    assert "(here: --images)" in capsys.readouterr().err
    assert cli.main(["store", "resume", "kept", "--images", IMAGES]) == 0
    assert listed(capsys)[0]["succeeded"] == 2


def test_resume_says_which_images_could_not_be_made(capsys, monkeypatch):
    monkeypatch.setattr("nbkit.queue.backoff", lambda *_, **__: 0.0)
    killed_after_an_image()
    with socket.socket() as nobody:  # who listens there
        nobody.bind(("127.0.0.1", 0))
        server = f"a1111:http://127.0.0.1:{nobody.getsockname()[1]}"
        assert cli.main(["store", "resume", "kept", "--images", server]) == 1
    assert "not made: a red house: " in capsys.readouterr().err
    (one,) = listed(capsys)
    assert (one["succeeded"], one["failed"]) == (1, 1)
    assert cli.main(["store", "list", "kept"]) == 0
    assert "1 of 2, 1 failed" in capsys.readouterr().out


def test_a_store_without_sessions_has_none_to_show(kept, capsys):
    assert cli.main(["store", "gc", "kept", "--keep-days", "0"]) == 0
    assert cli.main(["store", "show", "kept"]) == 1
    assert "there is no session in " in capsys.readouterr().err


def test_gc_removes_old_sessions_when_asked_and_their_images(kept, capsys):
    for file in Path("kept", "images").rglob("*.webp"):
        os.utime(file, (1, 1))
    assert cli.main(["store", "gc", "kept"]) == 0
    assert "removed 0 sessions and 0 files" in capsys.readouterr().out
    assert cli.main(["store", "gc", "kept", "--keep", "0"]) == 0
    assert "removed 1 session and 1 file" in capsys.readouterr().out
    assert listed(capsys) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ["list", "nowhere"],
        ["show", "nowhere"],
        ["show", "kept", "no-such-id"],
        ["export", "kept", "-o", "story.doc"],
    ],
)
def test_what_cannot_be_is_said_in_a_line(kept, capsys, wrong):
    assert cli.main(["store", *wrong]) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize("option", ["--keep", "--keep-days"])
@pytest.mark.parametrize("number", ["-1", "nan", "many"])
def test_a_number_below_nought_is_a_wrong_call(kept, capsys, option, number):
    with pytest.raises(SystemExit):
        cli.main(["store", "gc", "kept", option, number])
    assert re.search(f"{option}: a [a-z ]*, 0 or more, not '{number}'", capsys.readouterr().err)
