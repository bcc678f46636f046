"""A monitor of a source, with as little around it as tells what it hands on."""

from __future__ import annotations

from nbkit.models import ImagePrompt
from nbkit.monitor import StreamingMonitor


class Brackets:
    """A detector whose tags are ``{...}``: as little as tells that each piece went through it."""

    def __init__(self):
        self.held = ""
        self.count = 0

    def feed(self, delta):
        text, pieces = self.held + delta, []
        while "{" in text and "}" in text:
            before, _, text = text.partition("{")
            prompt, _, text = text.partition("}")
            if before:
                pieces.append(before)
            pieces.append(ImagePrompt(prompt, "{" + prompt + "}", 0, 0, self.count))
            self.count += 1
        before, opened, rest = text.partition("{")
        self.held = opened + rest
        return [*pieces, before] if before else pieces

    def flush(self):
        rest, self.held = self.held, ""
        return [rest] if rest else []


class Registry:
    def __init__(self):
        self.calls = []

    def register_tasks(self, message_id, count):
        self.calls.append((message_id, count))
        return ()


class Log(list):
    """What a monitor hands on: text as it is, prompts in brackets, neighbouring texts joined."""

    def text(self, text):
        if self and not self[-1].startswith("["):
            self[-1] += text
        else:
            self.append(text)

    def prompt(self, prompt):
        self.append(f"[{prompt.text}]")


def watch(source, log=None, **changes):
    log = Log() if log is None else log
    options = {
        "detector": Brackets(),
        "progress_manager": Registry(),
        "message_id": 42,
        "on_text": log.text,
        "on_prompt": log.prompt,
    } | changes
    monitor = StreamingMonitor(source, **options)
    monitor.log = log
    return monitor


DELTAS = ["a ", "{fo", "x", "}", " b", "", " {sea} c"]


def in_a_thread():
    yield from DELTAS
