"""Text that a model may write to do harm, in a real Chromium: it is shown, and does nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from browser.view_page import PreviewPage, ProgressPage, row, slot
from playwright.sync_api import Browser, expect

from nbkit.story import Story

RUNS = "window.nbkitHarmed = true"
ELSEWHERE = "https://elsewhere.example"
TAGS = [
    f"<script>{RUNS}</script>",
    f'<img src=x onerror="{RUNS}">',
    f'<svg onload="{RUNS}"><style><img src=x onerror="{RUNS}"></style></svg>',
    f'<iframe srcdoc="<script>parent.{RUNS}</script>"></iframe>',
    f'<details open ontoggle="{RUNS}">',
    f"<style>@import url({ELSEWHERE}/style.css); * {{ display: none }}</style>",
    f'<link rel="stylesheet" href="{ELSEWHERE}/style.css">',
    '<button data-commandlinker-command="notebook:delete-cell">go</button>',
    f'<div id="jp-main-dock-panel" class="nbkit-slot" data-nbkit-slot="image-1" onclick="{RUNS}">',
    "</div></div></div></section>",
]
MARKS = [
    f"![x]({ELSEWHERE}/pixel.png) ![y](javascript:{RUNS})",
    f"[a](javascript:{RUNS}) [b](java&#9;script:{RUNS}) <javascript:{RUNS}>",
    f"[c](data:text/html,<script>{RUNS}</script>) [d][e]",
    f'[f](https://x.org "\\" onmouseover=\\"{RUNS}")',
    f"$\\text{{</mtext></math><img src=x onerror='{RUNS}'>}}$ $\\href{{javascript:{RUNS}}}{{x}}$",
    f"$\\class{{nbkit-slot}}{{x}} \\style{{position:fixed;background:url({ELSEWHERE})}}{{y}}$",
    "&#x2E28;1&#x2E29; &#x2E28;99&#x2E29; \u202eright to left \0 \ud800",
    f"```<script>{RUNS}</script>\n</code></pre><script>{RUNS}</script>\n```",
    f"| <script>{RUNS}</script> |\n|---|\n| </td></table><img src=x onerror='{RUNS}'> |",
    f"[e]: javascript:{RUNS}",
]
PROMPT = f"\"'><img src=x onerror='{RUNS}'><script>{RUNS}</script>](javascript:{RUNS})\u202e"
TEXT = "\n\n".join(
    [*TAGS, *MARKS, *(f"- {tag}" for tag in TAGS), f"![{TAGS[1]}](https://x.org)", "The end."]
)

LOOK = """root => ({
    harmed: window.nbkitHarmed === true,
    tags: [...root.querySelectorAll(
        "script, style, iframe, link, object, button[data-commandlinker-command]," +
        "svg:not(.nbkit-tools > .nbkit-tool > svg, .nbkit-versions > .nbkit-tool > svg)"
    )].map(each => each.tagName),
    handlers: [...root.querySelectorAll("*")].flatMap(each => [...each.attributes])
        .map(each => each.name).filter(name => /^on|^data-commandlinker/.test(name)),
    ids: [...root.querySelectorAll("[id]")].map(each => each.id),
    links: [...root.querySelectorAll("a")].map(each => each.protocol)
        .filter(each => !/^(https?|mailto):$/.test(each)),
    pictures: [...root.querySelectorAll("img")].map(each => each.src)
        .filter(each => each && !/^(blob|data):/.test(each)),
})"""
HARMLESS = {"harmed": False, "tags": [], "handlers": [], "ids": [], "links": [], "pictures": []}


@pytest.fixture
def preview(chromium: Browser) -> Iterator[PreviewPage]:
    page = PreviewPage(chromium)
    yield page
    page.close()


@pytest.fixture
def progress(chromium: Browser) -> Iterator[ProgressPage]:
    page = ProgressPage(chromium)
    yield page
    page.close()


def test_a_hostile_reply_streams_in_and_does_nothing(preview: PreviewPage):
    asked: list[str] = []
    preview.page.on("request", lambda request: asked.append(request.url))
    story = Story()
    revision = 0

    def show() -> None:
        nonlocal revision
        changes = story.changes(revision)
        revision = changes.revision
        states = [slot(each.id, "failed", prompt=PROMPT, error=PROMPT) for each in changes.slots]
        preview.frame(*changes.ops, slots=states, failed=1, error=PROMPT)

    story.add_slot(PROMPT)
    for at in range(0, len(TEXT), 97):
        story.append(TEXT[at : at + 97])
        show()
    story.end()
    while story.highlight(1.0):
        pass
    show()
    expect(preview.find(".nbkit-story")).to_contain_text("The end.")
    expect(preview.find(".nbkit-box")).to_have_count(1)
    expect(preview.find(".nbkit-box")).to_have_attribute("title", PROMPT)
    assert preview.find(".nbkit-preview").evaluate(LOOK) == HARMLESS
    assert asked == []


def test_a_hostile_prompt_in_the_progress_is_words(progress: ProgressPage):
    task = {
        "id": "task-1",
        "status": "failed",
        "prompt": PROMPT,
        "reason": PROMPT,
        "remaining": None,
        "attempt": 1,
        "max_attempts": 1,
        "seconds": 1.0,
        "error": PROMPT,
    }
    hostile = row(1, failed=1, label=PROMPT, about=PROMPT, order=["task-1"], tasks=[task], more=0)
    progress.rows(hostile)
    progress.find(".nbkit-toggle").click()
    progress.rows(hostile, to_view=True)
    expect(progress.find(".nbkit-task-prompt")).to_have_text(PROMPT)
    assert progress.find(".nbkit-progress").evaluate(LOOK) == HARMLESS


def test_a_hostile_reply_does_nothing_in_jupyterlab_live_or_frozen(notebook):
    book = notebook(
        f"import json, nbkit\ntext = json.loads({json.dumps(TEXT)!r})\n"
        f"prompt = json.loads({json.dumps(PROMPT)!r})",
        "session = nbkit.illustrate(\n"
        "    [text, '\\n\\n{{' + prompt + '}}\\n\\nAll told.'], patterns=[r'\\{\\{(.*?)\\}\\}'],\n"
        "    images='sketch?duration=0&steps=1&width=64&height=64', freeze=False)",
        "await session; session.freeze()",
    )
    book.run_to_idle(0, 1)
    out = book.cell_output(1)
    expect(out.locator(".nbkit-story")).to_contain_text("All told.")
    expect(out.locator("img.nbkit-picture")).to_have_attribute("alt", PROMPT)
    assert out.locator(".nbkit-story").evaluate(LOOK) == HARMLESS
    assert out.locator(".nbkit-progress").evaluate(LOOK) == HARMLESS
    book.run_to_idle(2)
    expect(out.locator(".nbkit-preview")).to_have_count(0)
    expect(out.locator(".nbkit-story")).to_contain_text("All told.")
    expect(out.locator(".nbkit-story img")).to_have_attribute("alt", PROMPT)
    assert out.locator(".jp-RenderedHTMLCommon").first.evaluate(LOOK) == HARMLESS
    assert book.page.evaluate("window.nbkitHarmed") is None
    assert book.console_errors == []
    assert book.foreign_requests == []
