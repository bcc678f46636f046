"""Kernels that share a store, for tests of sessions that are kept."""

from __future__ import annotations

import io

from PIL import Image

from nbkit.models import EncodedImage
from nbkit.progress import ProgressManager
from nbkit.session_manager import SessionManager
from nbkit.session_store import SessionStore

SKETCH = "sketch?duration=0&width=64&height=64"


def picture(prompt, size=(8, 6)):
    out = io.BytesIO()
    Image.new("RGB", size, (sum(map(ord, prompt)) % 256, len(prompt), 0)).save(out, "PNG")
    return EncodedImage(out.getvalue(), "image/png", *size)


class Backend:
    """Notes its requests; `answers[prompt]` is raised, or waited for, where there is one."""

    def __init__(self, **answers):
        self.answers = answers
        self.requests = []

    async def generate(self, request, *, on_preview):
        self.requests.append(request)
        answer = self.answers.get(request.prompt)
        if isinstance(answer, BaseException):
            raise answer
        if answer is not None:
            await answer.wait()
        return picture(f"{request.prompt} {request.seed}")

    async def aclose(self):
        pass

    @property
    def prompts(self):
        return [each.prompt for each in self.requests]


def tags(*prompts):
    return "".join(f'About {each}: <!--img-prompt="{each}"-->.\n' for each in prompts)


class Kernel:
    """Stands for one kernel's managers; several share a store."""

    def __init__(self, folder):
        self.folder = folder
        self.manager = SessionManager(ProgressManager())
        self.store = SessionStore(folder, manager=self.manager)

    def start(self, source, **options):
        return self.manager.start(source, store=self.folder, **options)

    def resume(self, **options):
        return self.store.resume(self.store.sessions()[0].id, **options)

    def dies(self, session):
        """Leave a session as a killed kernel does, as far as its store can tell."""
        session._run.recording.leave()
        session.cancel()
