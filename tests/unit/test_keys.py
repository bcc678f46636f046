"""A key goes into a header, and nowhere else."""

from __future__ import annotations

import base64
import copy
import pickle

import pytest

import nbkit
from nbkit.keys import Key, find_key, missing_key

CANARY = "sk-canary-1234567890"


def test_a_key_does_not_show_itself():
    key = Key(CANARY, origin="OPENAI_API_KEY")
    for shown in (repr(key), str(key), f"{key}", f"{key!r}", repr([key]), repr({"key": key})):
        assert CANARY not in shown
    assert repr(key) == "<key from OPENAI_API_KEY>"
    assert not hasattr(key, "__dict__")


def test_a_key_is_not_pickled_and_its_copy_is_itself():
    key = Key(CANARY)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)
    assert copy.copy(key) is key
    assert copy.deepcopy([key])[0] is key


def test_it_is_written_for_the_headers_there_are():
    key = Key(f"  {CANARY}\n")
    assert key.bearer == f"Bearer {CANARY}"
    assert key.plain == CANARY
    assert base64.b64decode(Key("user:word").basic.removeprefix("Basic ")) == b"user:word"


@pytest.mark.parametrize(
    ("value", "error", "says"),
    [
        ("", ValueError, "is empty"),
        ("   ", ValueError, "is empty"),
        ("sk-canary\r\nX-Other: 1", ValueError, "no header may carry"),
        ("sk-canary-schlüssel", ValueError, "no header may carry"),
        (b"sk-canary", TypeError, "not bytes"),
    ],
)
def test_a_value_that_is_no_key_is_refused_without_being_shown(value, error, says):
    with pytest.raises(error, match=says) as caught:
        Key(value)
    assert "canary" not in str(caught.value)


def test_a_text_is_redacted_of_all_its_forms():
    key = Key("user:canary-password")
    encoded = base64.b64encode(b"user:canary-password").decode()
    text = key.redact(f"bad key user:canary-password, {encoded}, canary-password")
    assert text == "bad key [key], [key], [key]"


def test_a_short_password_does_not_redact_the_words_of_a_text():
    assert Key("user:a").redact("an apple for a user") == "an apple for a user"


def test_an_argument_comes_before_the_variable(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "from-variable")
    assert find_key("from-argument", "SOME_KEY").plain == "from-argument"
    found = find_key(None, "SOME_KEY")
    assert (found.plain, found.origin) == ("from-variable", "SOME_KEY")
    key = Key("given")
    assert find_key(key, "SOME_KEY") is key


def test_an_empty_variable_is_none(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "  ")
    assert find_key(None, "SOME_KEY") is None
    monkeypatch.delenv("SOME_KEY")
    assert find_key(None, "SOME_KEY") is None


def test_a_missing_key_names_its_variable():
    error = missing_key("openai", "OPENAI_API_KEY")
    assert isinstance(error, nbkit.MissingKeyError)
    assert isinstance(error, ValueError)
    assert error.variable == "OPENAI_API_KEY"
    assert "set OPENAI_API_KEY" in str(error)


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai:gpt-5", "OPENAI_API_KEY"),
        ("anthropic:claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
    ],
)
def test_a_chat_with_a_vendor_needs_a_key_before_any_request(monkeypatch, model, variable):
    for name in (variable, "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(nbkit.MissingKeyError, match=f"set {variable}"):
        nbkit.chat("Hello", model=model)
    monkeypatch.setenv(variable, CANARY)
    assert CANARY not in repr(vars(nbkit.chat("Hello", model=model)))


def test_another_server_needs_none(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    nbkit.chat("Hello", model="openai:local", base_url="http://127.0.0.1:8000/v1")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1")
    nbkit.chat("Hello", model="openai:local")
    monkeypatch.delenv("OLLAMA_API_KEY", raising=False)
    nbkit.chat("Hello", model="ollama:llama3")


def test_pictures_of_the_vendor_need_a_key_before_any_request(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(nbkit.MissingKeyError, match="set OPENAI_API_KEY"):
        nbkit.illustrate("A text.", images="openai:gpt-image-1")
