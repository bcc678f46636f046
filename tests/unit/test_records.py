"""Records and errors can be copied, and sent to another process."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from nbkit.errors import (
    BackendError,
    ChunkTypeError,
    LoopError,
    MissingExtraError,
    NbkitError,
    PatternError,
    StreamError,
    TaskError,
    TaskTimeout,
)
from nbkit.models import EncodedImage, ImageResult, MessageState, ProgressEvent, ReadOnly, Task
from nbkit.progress import ProgressManager

IMAGE = EncodedImage(b"x", "image/png", 1, 1)


def registered() -> Task:
    return ProgressManager().register_task(1, prompt="a fox", chapter=2)


@pytest.mark.parametrize(
    "record",
    [
        registered(),
        Task("task-1", 1, image=IMAGE),
        ProgressEvent("task", 1, MessageState(1, queued=1), registered()),
        ImageResult("task-1", "a fox", "succeeded", IMAGE, versions=(IMAGE,)),
    ],
)
def test_a_record_can_be_pickled_copied_and_taken_apart(record):
    assert pickle.loads(pickle.dumps(record)) == record  # noqa: S301 - made here
    assert copy.copy(record) == record
    assert copy.deepcopy(record) == record
    assert dataclasses.asdict(record).keys() == {f.name for f in dataclasses.fields(record)}


def test_the_metadata_of_a_task_are_read_only():
    given = {"chapter": 2}
    kept = ReadOnly(given)
    given["chapter"] = 3
    assert kept == {"chapter": 2}
    assert repr(kept) == "{'chapter': 2}"
    assert not hasattr(kept, "__setitem__")
    assert registered().metadata == {"chapter": 2}


@pytest.mark.parametrize(
    "error",
    [
        NbkitError("said"),
        PatternError("said", pattern="("),
        StreamError("said", message_id=7),
        ChunkTypeError("said", type_name="builtins.bytes", message_id=7),
        TaskError("said", prompt="a fox"),
        BackendError("said", prompt="a fox", retryable=True, retry_after=2.5),
        TaskTimeout("said", prompt="a fox"),
        LoopError("said"),
        MissingExtraError("rich", extra="terminal"),
    ],
)
def test_an_error_survives_the_way_to_another_process(error):
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - made here
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)


def test_an_encoded_image_is_checked_as_it_is_made():
    with pytest.raises(TypeError, match="bytes, not str"):
        EncodedImage("x", "image/png")
    with pytest.raises(ValueError, match="not 'text/html'"):
        EncodedImage(b"x", "text/html")


def test_metadata_can_be_counted():
    assert len(ReadOnly({"chapter": 2, "page": 3})) == 2
    assert len(ReadOnly()) == 0
