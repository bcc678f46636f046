// @ts-check
import assert from "node:assert/strict";
import { promptToEdit } from "../../nbkit/widgets/static/prompt_form.js";
import { toolsOf } from "../../nbkit/widgets/static/slot_text.js";

/** @typedef {import("../../nbkit/widgets/static/messages.js").Slot} Slot */

/**
 * @param {Partial<Slot>} changes
 * @returns {Slot}
 */
function slot(changes) {
  return {
    id: "image-1",
    status: "succeeded",
    prompt: "a fox",
    task_prompt: null,
    reason: "",
    remaining: null,
    attempt: 1,
    max_attempts: 3,
    fraction: null,
    step: null,
    steps: null,
    error: null,
    width: 0,
    height: 0,
    versions: 1,
    chosen: 0,
    image: null,
    preview: null,
    ...changes,
  };
}

Deno.test("what is final can be made again, and what is under way cannot", () => {
  /** @type {[Slot["status"], boolean][]} */
  const cases = [
    ["succeeded", true],
    ["failed", true],
    ["cancelled", true],
    ["queued", false],
    ["waiting", false],
    ["running", false],
    ["retrying", false],
    ["skipped", false],
  ];
  for (const [status, may] of cases) {
    assert.equal(toolsOf(slot({ status }), 0).make, may, status);
    assert.equal(toolsOf(slot({ status, versions: 0 }), 0).shown, may, status);
    assert.equal(toolsOf(slot({ status }), 0).shown, true, status);
  }
});

Deno.test("versions are counted from one, and only where there are several", () => {
  assert.equal(toolsOf(slot({}), 0).count, "");
  const three = slot({ versions: 3, chosen: 1 });
  const tools = [0, 1, 2].map((chosen) => toolsOf(three, chosen));
  assert.deepEqual(tools.map(({ count }) => count), ["1/3", "2/3", "3/3"]);
  assert.deepEqual(tools.map(({ before }) => before), [false, true, true]);
  assert.deepEqual(tools.map(({ after }) => after), [true, true, false]);
});

Deno.test("what has failed is what is to be mended", () => {
  const other = slot({ task_prompt: "an owl" });
  assert.equal(promptToEdit(other), "a fox");
  assert.equal(promptToEdit({ ...other, status: "failed" }), "an owl");
  assert.equal(promptToEdit({ ...other, status: "cancelled" }), "an owl");
  assert.equal(promptToEdit(slot({ status: "failed" })), "a fox");
});
