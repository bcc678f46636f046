"""The harness of the browser tests does what they rest on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

BUTTON = """
import ipywidgets
button = ipywidgets.Button(description="press")
button.on_click(lambda _: button.set_trait("description", "pressed"))
button
"""

COUNTER = """
import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
      const button = document.createElement("button");
      button.className = "smoke-counter";
      const show = () => { button.textContent = `count ${model.get("count")}`; };
      button.onclick = () => model.send({ kind: "click" });
      model.on("change:count", show);
      show();
      el.append(button);
    } };
    '''
    count = traitlets.Int(0).tag(sync=True)
    def __init__(self):
        super().__init__()
        self.on_msg(lambda *_: self.set_trait("count", self.count + 1))
Counter()
"""


@pytest.mark.parametrize("mode", ["lab", "doc"])
def test_a_click_reaches_the_kernel_and_comes_back(notebook, mode):
    opened = notebook(BUTTON, COUNTER, mode=mode)
    opened.run_to_idle()

    opened.cell_output(0).get_by_role("button", name="press", exact=True).click()
    expect(opened.cell_output(0).get_by_role("button", name="pressed", exact=True)).to_be_visible()
    counter = opened.cell_output(1).locator(".smoke-counter")
    counter.click()
    expect(counter).to_have_text("count 1")

    assert [opened.prompt(0), opened.prompt(1)] == ["[1]:", "[2]:"]
    assert opened.console_errors == []
    assert opened.foreign_requests == []


def test_a_running_cell_is_seen_running_and_can_be_interrupted(notebook):
    opened = notebook("import time\nprint('begun')\ntime.sleep(600)", "print('next')")

    opened.run_cell(0)
    expect(opened.cell_output(0)).to_contain_text("begun")
    # Its status says nothing of the cell: it is idle too after what a debugger has asked meanwhile.
    assert opened.prompt(0) == "[*]:"
    assert not opened.is_cell_done(0)
    opened.interrupt()
    opened.wait_cell_done(0)
    opened.run_to_idle(1)

    expect(opened.cell_output(0)).to_contain_text("KeyboardInterrupt")
    assert opened.outputs(1)[0]["text"] == "next\n"


def test_a_cell_run_again_is_not_taken_for_its_former_run(notebook):
    opened = notebook("import time; n = globals().get('n', 0) + 1; time.sleep(0.2); print(n)")

    for count in range(1, 4):
        opened.run_to_idle(0)
        assert opened.outputs(0)[0]["text"] == f"{count}\n"
        assert opened.prompt(0) == f"[{count}]:"


def test_the_theme_changes_and_a_picture_is_taken(notebook):
    opened = notebook("print('light and dark')")
    opened.run_to_idle()

    shades = []
    for theme in ("dark", "light"):
        opened.set_theme(theme)
        body = opened.page.locator("body")
        shades.append(body.evaluate("(e) => getComputedStyle(e).backgroundColor"))
        path = opened.screenshot(f"smoke-{theme}")
        assert path.read_bytes().startswith(b"\x89PNG")

    assert len(set(shades)) == 2


def test_a_reloaded_page_finds_its_kernel_again(notebook):
    opened = notebook(COUNTER, "1 + 1")
    opened.run_to_idle()
    opened.cell_output(0).locator(".smoke-counter").click()
    expect(opened.cell_output(0).locator(".smoke-counter")).to_have_text("count 1")
    opened.save()

    opened.reload()

    expect(opened.cell_output(0).locator(".smoke-counter")).to_have_text("count 1")
    opened.run_to_idle(1)
    assert opened.prompt(1) == "[3]:"
    assert opened.console_errors == []


def test_a_notebook_reopens_without_a_kernel_and_untrusted(notebook):
    html = "<p id='here' style='color: red'>kept</p><svg width='9' height='9'></svg>"
    opened = notebook(f"from IPython.display import HTML\nHTML({html!r})")
    opened.run_to_idle()
    expect(opened.cell_output(0).locator("svg[width='9']")).to_be_attached()
    opened.save()
    opened.close()

    trusted = notebook.open(opened.name, kernel=False)
    expect(trusted.cell_output(0).locator("svg[width='9']")).to_be_attached()
    assert trusted.is_trusted(0)
    notebook.server.distrust(opened.name)
    reopened = notebook.open(opened.name, kernel=False)

    assert reopened.kernel_status == "no kernel"
    assert not reopened.is_trusted(0)
    expect(reopened.cell_output(0)).to_contain_text("kept")
    expect(reopened.cell_output(0).locator("svg[width='9']")).not_to_be_attached()
    assert notebook.server.sessions(opened.name) == []
    assert reopened.console_errors == []


def test_console_errors_and_foreign_requests_are_noted(notebook):
    opened = notebook("1")
    with opened.page.expect_event("pageerror"):
        opened.page.evaluate(
            "() => { console.error('noted'); setTimeout(() => { throw new Error('thrown'); }); }"
        )
    opened.page.evaluate("() => fetch('https://example.org/x').catch(() => null)")

    assert "noted" in opened.console_errors
    assert any("Error: thrown" in text for text in opened.console_errors)
    assert opened.foreign_requests == ["https://example.org/x"]


def test_a_page_can_be_told_that_it_is_hidden(notebook):
    opened = notebook("1")

    opened.set_hidden(True)
    assert opened.page.evaluate("document.visibilityState") == "hidden"
    opened.set_hidden(False)
    assert opened.page.evaluate("document.visibilityState") == "visible"
