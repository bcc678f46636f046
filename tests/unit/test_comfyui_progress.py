"""What a ComfyUI server tells, added up to how far one job is."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbkit.errors import BackendError
from nbkit.images._comfyui.progress import Frame, Progress, failure

GRAPH = {
    "4": {"class_type": "Loader", "inputs": {}},
    "6": {"class_type": "Text", "inputs": {}},
    "3": {"class_type": "KSampler", "inputs": {"steps": 20}},
    "9": {"class_type": "SaveImage", "inputs": {}},
}


def event(kind, **data):
    return json.dumps({"type": kind, "data": {"prompt_id": "p", **data}})


@pytest.fixture
def progress():
    return Progress(GRAPH, "p")


def fractions(progress, *messages):
    told = [progress.take(message) for message in messages]
    return [round(each.fraction, 3) for each in told if each is not None]


def test_a_node_counts_for_as_many_steps_as_it_has(progress):
    assert fractions(
        progress,
        event("execution_start"),
        event("execution_cached", nodes=["4"]),
        event("executing", node="6"),
        event("executing", node="3"),
        event("progress", node="3", value=10, max=20),
        event("executing", node="9"),
        event("executed", node="9"),
        event("execution_success"),
    ) == [0.043, 0.087, 0.522, 0.957, 1.0]
    assert progress.is_over


def test_steps_are_told_while_a_node_counts_them(progress):
    preview = progress.take(event("progress", node="3", value=5, max=20))
    assert (preview.step, preview.steps) == (5, 20)
    assert progress.take(event("executing", node="9")).step is None


def test_progress_state_tells_of_all_nodes_at_once(progress):
    nodes = {
        "4": {"state": "finished", "value": 1, "max": 1},
        "6": {"state": "finished", "value": 1, "max": 1},
        "3": {"state": "running", "value": 10, "max": 20},
    }
    preview = progress.take(event("progress_state", nodes=nodes))
    assert (preview.fraction, preview.step, preview.steps) == (pytest.approx(12 / 23), 10, 20)


def test_what_is_within_an_expanded_node_counts_for_the_node(progress):
    inner = {"state": "finished", "value": 1, "max": 1, "display_node_id": "3"}
    running = {"state": "running", "value": 5, "max": 20, "display_node_id": "3"}
    preview = progress.take(event("progress_state", nodes={"3.1": inner, "3.2": running}))
    assert preview.fraction == pytest.approx(5 / 23)


def test_nothing_new_is_not_told_again(progress):
    assert progress.take(event("executing", node="6")) is None
    assert progress.take(event("progress", node="3", value=5, max=20)) is not None
    assert progress.take(event("progress", node="3", value=5, max=20)) is None


def test_the_end_of_the_whole_is_an_executing_of_no_node(progress):
    progress.take(event("executing", node="9"))
    assert not progress.is_over
    progress.take(event("executing", node=None))
    assert progress.is_over


def test_messages_of_other_jobs_are_passed_over(progress):
    for kind in ("execution_success", "execution_interrupted", "execution_error", "executing"):
        assert progress.take(event(kind, prompt_id="another", node=None)) is None
    assert not progress.is_over


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "null",
        "[" * 100_000,
        '{"type": "progress"}',
        '{"type": "progress", "data": 3}',
        event("progress", node="3", value="x", max=None),
        event("progress", node={}, value=1, max=2),
        event("progress", node="3", value=1, max=float("nan")),
        event("progress_state", nodes=[1]),
        event("progress_state", nodes={"3": 1}),
        event("execution_cached", nodes=None),
        event("execution_cached", nodes=5),
        event("progress", node="3", value=10**400, max=20),
        event("progress", node="3", value=1, max=10**400),
        '{"type": ["progress"], "data": {}}',
        event("executed"),
        '{"type": "crystools.monitor", "data": {"cpu": 3}}',
        b"",
        b"\0\0\0\x01",
        b"\0\0\0\x03text",
        b"\0\0\0\x04\xff\xff\xff\xff{}",
        b"\0\0\0\x04\0\0\0\x02[]",
    ],
)
def test_what_makes_no_sense_is_passed_over(progress, message):
    assert progress.take(message) is None
    assert not progress.is_over


def test_an_error_names_the_node_and_says_what_happened(progress):
    with pytest.raises(BackendError, match="node KSampler 3 failed: RuntimeError: out of memory"):
        progress.take(
            event(
                "execution_error",
                node_id="3",
                node_type="KSampler",
                exception_type="RuntimeError",
                exception_message="out of\nmemory",
                traceback=["long"],
            )
        )


def test_what_an_error_says_is_bounded_whatever_it_is(progress):
    long = "x" * 100_000
    with pytest.raises(BackendError) as caught:
        progress.take(event("execution_error", node_type=long, node_id=[long], exception_type=long))
    assert len(str(caught.value)) < 2_000
    nested = []
    for _ in range(100_000):
        nested = [nested]
    assert "nested too deeply" in str(failure("execution_error", {"node_type": nested}))


def test_an_interrupt_is_an_error_that_says_so(progress):
    with pytest.raises(BackendError, match="interrupted on the server, at its node KSampler 3"):
        progress.take(event("execution_interrupted", node_id="3", node_type="KSampler"))


def test_a_plain_preview_is_the_picture_after_its_kind(progress):
    assert progress.take(struct.pack(">II", 1, 1) + b"JPEG") == Frame(b"JPEG")


def test_a_preview_with_metadata_is_taken_if_it_is_of_this_job(progress):
    def framed(metadata):
        told = json.dumps(metadata).encode()
        return struct.pack(">II", 4, len(told)) + told + b"JPEG"

    assert progress.take(framed({"prompt_id": "p", "image_type": "image/jpeg"})) == Frame(b"JPEG")
    assert progress.take(framed({"prompt_id": "another"})) is None


EVENTS = st.one_of(
    st.builds(
        lambda node, value, most: event("progress", node=node, value=value, max=most),
        st.sampled_from(["3", "4", "x"]),
        st.integers(-3, 50),
        st.integers(-1, 50),
    ),
    st.builds(lambda node: event("executing", node=node), st.sampled_from([*GRAPH, "x"])),
    st.builds(lambda node: event("executed", node=node), st.sampled_from([*GRAPH, "x"])),
)


@given(st.lists(EVENTS, max_size=30))
def test_the_fraction_never_falls_and_stays_from_0_to_1(messages):
    progress = Progress(GRAPH, "p")
    told = [0.0]
    for message in messages:
        progress.take(message)
        told.append(progress.preview().fraction)
    assert told == sorted(told)
    assert told[-1] <= 1.0
