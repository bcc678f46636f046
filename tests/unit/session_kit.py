"""Texts with image prompts, and a backend that does as it is told, for tests of sessions."""

import asyncio
import io

from PIL import Image

from nbkit.models import EncodedImage, ImageRequest, Preview


def png(colour="red", size=(8, 6)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return EncodedImage(out.getvalue(), "image/png", *size)


PNG = png()


def tag(prompt):
    return f'<!--img-prompt="{prompt}"-->'


THREE = f"One {tag('a')} two {tag('b')} three {tag('c')} end."


class Backend:
    """Answers after `seconds[prompt]` of the loop's time, or as `answers[prompt]` says."""

    def __init__(self, *, seconds=None, answers=None):
        self.seconds = seconds or {}
        self.answers = answers or {}
        self.requests = []
        self.done = []

    async def generate(self, request: ImageRequest, *, on_preview):
        self.requests.append(request)
        await asyncio.sleep(self.seconds.get(request.prompt, 0))
        on_preview(Preview(0.5))
        answer = self.answers.get(request.prompt, PNG)
        if callable(answer):
            answer = await answer()
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, BaseException):
            raise answer
        self.done.append(request.prompt)
        return answer

    async def aclose(self):
        pass


async def deltas(text, seconds=0.01, size=4):
    for at in range(0, len(text), size):
        await asyncio.sleep(seconds)
        yield text[at : at + size]


async def never():
    await asyncio.Event().wait()
