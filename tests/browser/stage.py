"""What the cells of a test play with: text that is said, and images that wait for their cue."""

import asyncio

from PIL import Image

import nbkit

pieces = asyncio.Queue()


def say(text):
    pieces.put_nowait(text)


async def feed(size=3):
    while (piece := await pieces.get()) is not None:
        for at in range(0, len(piece), size):
            yield piece[at : at + size]
            await asyncio.sleep(0.005)


class Backend:
    """Shows a preview at once, and the picture when its gate is opened."""

    def __init__(self):
        self.gates = {}
        self.outcome = {}

    def gate(self, prompt):
        return self.gates.setdefault(prompt, asyncio.Event())

    def let(self, prompt, error=None):
        self.outcome[prompt] = error
        self.gate(prompt).set()

    async def generate(self, request, *, on_preview):
        prompt = request.prompt
        on_preview(nbkit.Preview(0.4, await nbkit_png("gray"), step=2, steps=5))
        await self.gate(prompt).wait()
        self.gate(prompt).clear()
        if self.outcome.get(prompt):
            raise self.outcome[prompt]
        return await nbkit_png(prompt)

    async def aclose(self):
        pass


async def nbkit_png(colour):
    import io

    out = io.BytesIO()
    Image.new("RGB", (256, 160), colour).save(out, "PNG")
    return nbkit.EncodedImage(out.getvalue(), "image/png", 256, 160)


backend = Backend()
