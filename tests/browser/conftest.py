"""Fixtures of the browser tests.

Tests here are ordinary functions: Playwright's synchronous interface drives the browser, and an
``async def`` test would meet its loop.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from browser.lab import CHROMIUM_FLAGS, LabServer, LoopMark, find_chromium
from browser.notebooks import Notebooks
from playwright.sync_api import Browser, Error, expect, sync_playwright

HERE = Path(__file__).parent

_mark = LoopMark()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Keep Playwright's loop out of the sight of all other tests."""
    with _mark.placed() if item.path.is_relative_to(HERE) else nullcontext():
        return (yield)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; where there is none, a skip that says so."""
    path = find_chromium()
    if path is None:
        reason = "no Chromium: put one on the PATH or name it in NBKIT_CHROMIUM"
        if os.environ.get("NBKIT_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    # Bounds of what hangs, on a machine that has much else to do.
    expect.set_options(timeout=60_000)
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(
        executable_path=path, args=[*CHROMIUM_FLAGS], timeout=120_000
    )
    try:
        yield browser
    finally:
        # The session may end in another test, where the loop is out of sight.
        with _mark.placed():
            browser.close()
            playwright.stop()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """A JupyterLab server."""
    server = LabServer(tmp_path_factory.mktemp("lab"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def notebook(chromium: Browser, lab: LabServer) -> Iterator[Notebooks]:
    """A factory: ``notebook("1 + 1")`` opens a notebook with that cell in JupyterLab."""
    factory = Notebooks(chromium, lab)
    try:
        yield factory
    finally:
        factory.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Show what a person would have seen where a browser test failed."""
    report = yield
    factory = getattr(item, "funcargs", {}).get("notebook")
    if report.when == "call" and report.failed and isinstance(factory, Notebooks):
        for number, opened in enumerate(factory.opened):
            slug = re.sub(r"\W+", "-", item.name).strip("-")
            try:
                path = opened.screenshot(f"failed-{slug}-{number}")
            except Error as error:
                path = error
            lines = [f"page: {opened.page.url.partition('?')[0]}", f"picture: {path}"]
            report.sections.append((opened.name, "\n".join(lines + opened.console[-30:])))
        report.sections.append(("JupyterLab's log", factory.server.log()))
    return report
