"""How each contestant shows a reply: the code that a person would write in a cell."""

from __future__ import annotations

SETUP = '''
import asyncio, json, time
from pathlib import Path
from IPython.display import Markdown, display

class Feed:
    """Gives the tokens at a pace, and notes when each was given; a pace of 0 waits for nothing."""

    def __init__(self, tokens, rate):
        self.tokens, self.rate, self.given = tokens, rate, []

    async def __aiter__(self):
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, token in enumerate(self.tokens):
            ahead = began + number / self.rate - loop.time() if self.rate else 0
            await asyncio.sleep(max(ahead, 0))
            self.given.append(time.time())
            yield token

async def measure(show, job, name):
    feed = Feed(json.loads(Path(job).read_text()), RATE)
    began = time.process_time()
    await show(feed)
    await asyncio.sleep(SETTLE)
    spent = time.process_time() - began
    Path(name).write_text(json.dumps({"seconds": spent, "given": feed.given}))
'''

SHOW = {
    "idle": """
async def show(feed):
    async for token in feed:
        pass
""",
    "nbkit": """
import nbkit
async def show(feed):
    await nbkit.illustrate(aiter(feed))
""",
    "ipywidgets.HTML": """
import ipywidgets
async def show(feed):
    view = ipywidgets.HTML()
    display(view)
    async for token in feed:
        view.value += token
""",
    "display(Markdown)": """
async def show(feed):
    text = ""
    handle = display(Markdown(text), display_id=True)
    async for token in feed:
        text += token
        handle.update(Markdown(text))
""",
    "rich.Live(Markdown)": """
from rich.live import Live
from rich.markdown import Markdown as RichMarkdown
async def show(feed):
    text = ""
    with Live(RichMarkdown(text)) as live:
        async for token in feed:
            text += token
            live.update(RichMarkdown(text), refresh=True)
""",
    "print": """
async def show(feed):
    async for token in feed:
        print(token, end="", flush=True)
""",
    "anywidget, plain text": """
import anywidget
class Plain(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
      el.style.whiteSpace = "pre-wrap";
      model.on("msg:custom", (token) => el.append(token));
    } }'''
async def show(feed):
    view = Plain()
    display(view)
    await asyncio.sleep(0.5)  # a page that mounts later would miss what was sent
    async for token in feed:
        view.send(token)
""",
}

WHERE = {"nbkit": ".nbkit-preview .nbkit-story"}
"""Where a reader finds the text, below the cell's output area, if not just there."""

PEERS = tuple(name for name in SHOW if name not in ("idle", "nbkit"))
