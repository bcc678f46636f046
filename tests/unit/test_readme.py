"""What the README says is so."""

import re
from pathlib import Path

import pytest

import nbkit
from nbkit import cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_its_picture_and_its_links_to_files_are_there():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    targets += re.findall(r'src(?:set)?="([^"]+)"', README)
    files = [each for each in targets if "://" not in each]
    assert "notebooks/images/quickstart.png" in files
    for each in files:
        assert (ROOT / each).is_file(), each


def test_the_two_commands_come_before_the_rest():
    commands = [line for block in blocks("console") for line in block.splitlines()]
    assert commands[:2] == ["uv run nbkit demo", "uv run pytest"]


@pytest.mark.parametrize("code", blocks("python"))
def test_its_python_is_python(code):
    import ast

    flags = compile(code, "README.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    names = {
        node.attr
        for node in ast.walk(flags)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "nbkit"
    }
    assert names <= set(nbkit.__all__)


def test_every_name_of_nbkit_in_it_exists():
    names = re.findall(r"\bnbkit\.([a-zA-Z_]+)", README)
    assert names
    for name in names:
        assert hasattr(nbkit, name), name
    for name in re.findall(r"\bsession\.([a-z_]+)", README):
        assert hasattr(nbkit.Session, name), name


def test_its_commands_are_commands():
    parser = cli._parser()
    for line in (line for block in blocks("console") for line in block.splitlines()):
        words = line.partition("#")[0].split()
        if words[:3] == ["uv", "run", "nbkit"]:
            parser.parse_args(words[3:])
