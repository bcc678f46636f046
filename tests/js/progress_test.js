// @ts-check
import assert from "node:assert/strict";
import { Log } from "../../nbkit/widgets/static/row_log.js";
import {
  announcement,
  duration,
  shown,
  stateOf,
  taskText,
  timeOf,
} from "../../nbkit/widgets/static/row_text.js";

/** @typedef {import("../../nbkit/widgets/static/row_messages.js").Row} Row */
/** @typedef {import("../../nbkit/widgets/static/row_messages.js").Task} Task */

/**
 * @param {Partial<Row["counts"]>} some
 * @returns {Row["counts"]}
 */
function counts(some) {
  const all = {
    queued: 0,
    waiting: 0,
    running: 0,
    retrying: 0,
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    ...some,
  };
  return { ...all, total: Object.values(all).reduce((a, b) => a + b, 0) };
}

/**
 * @param {Partial<Row["counts"]>} some
 * @param {Partial<Row>} [changes]
 * @returns {Row}
 */
function row(some, changes) {
  return {
    row: "int:42",
    place: 1,
    label: "Message 42",
    about: "",
    eta: null,
    elapsed: null,
    strip: [],
    order: null,
    tasks: null,
    more: null,
    ...changes,
    counts: counts(some),
  };
}

/**
 * @param {Partial<Task>} changes
 * @returns {Task}
 */
function task(changes) {
  return {
    id: "t",
    status: "queued",
    prompt: "a fox",
    reason: "",
    remaining: null,
    attempt: 0,
    max_attempts: null,
    seconds: null,
    error: null,
    ...changes,
  };
}

Deno.test("a duration is short", () => {
  assert.equal(duration(8.4), "8 s");
  assert.equal(duration(59.6), "1:00");
  assert.equal(duration(125), "2:05");
  assert.equal(duration(3723), "1:02:03");
});

Deno.test("what is shown adds up to the total", () => {
  const all = counts({
    queued: 1,
    waiting: 2,
    running: 3,
    retrying: 4,
    succeeded: 5,
    failed: 6,
    cancelled: 7,
  });
  const sum = Object.values(shown(all)).reduce((a, b) => a + b, 0);
  assert.equal(sum, all.total);
});

Deno.test("a row stands as its most active task does", () => {
  assert.equal(stateOf(counts({ retrying: 1, failed: 1 })), "running");
  assert.equal(stateOf(counts({ queued: 1, succeeded: 1 })), "waiting");
  assert.equal(stateOf(counts({ failed: 1, succeeded: 1 })), "failed");
  assert.equal(stateOf(counts({ cancelled: 1, succeeded: 1 })), "cancelled");
  assert.equal(stateOf(counts({ succeeded: 1 })), "done");
});

Deno.test("the time left is counted down, and never guessed", () => {
  assert.equal(timeOf(row({ running: 1 }), 0), "");
  assert.equal(timeOf(row({ running: 1 }, { eta: 12 }), 2), "about 10 s left");
  assert.equal(timeOf(row({ running: 1 }, { eta: 12 }), 20), "a moment left");
  assert.equal(
    timeOf(row({ succeeded: 1 }, { eta: 0, elapsed: 75 }), 9),
    "took 1:15",
  );
});

Deno.test("a task says what it waits for, which attempt it is, and why it failed", () => {
  assert.equal(taskText(task({}), 0), "in the queue");
  assert.equal(
    taskText(
      task({ status: "waiting", reason: "rate limit", remaining: 12 }),
      2,
    ),
    "waiting · rate limit · 10 s",
  );
  assert.equal(
    taskText(
      task({ status: "running", seconds: 3, attempt: 2, max_attempts: 3 }),
      1,
    ),
    "running for 4 s · attempt 2 of 3",
  );
  assert.equal(
    taskText(
      task({
        status: "retrying",
        attempt: 1,
        max_attempts: 3,
        remaining: 4,
        reason: "503: busy",
      }),
      0,
    ),
    "trying again · attempt 2 of 3 · in 4 s · 503: busy",
  );
  assert.equal(
    taskText(task({ status: "succeeded", seconds: 2.13, attempt: 1 }), 50),
    "done · in 2.1 s",
  );
  assert.equal(
    taskText(task({ status: "failed", error: "no", attempt: 1 }), 0),
    "failed · no",
  );
});

Deno.test("a listener hears of a row when it ends", () => {
  assert.equal(announcement(null, row({ succeeded: 1 })), "");
  assert.equal(
    announcement(row({ running: 2 }), row({ running: 1, succeeded: 1 })),
    "",
  );
  assert.equal(
    announcement(row({ running: 2 }), row({ failed: 1, succeeded: 1 })),
    "Message 42: 1 of 2 images done, 1 failed",
  );
  assert.equal(announcement(row({ failed: 1 }), row({ failed: 1 })), "");
});

Deno.test("messages are kept from the first one on, until the kernel answers", () => {
  /** @param {number} seq @param {string | null} view */
  const rows = (seq, view = null) => ({
    kind: /** @type {const} */ ("rows"),
    view,
    whole: view !== null,
    seq,
    rows: [],
    gone: [],
    thumbnails: [],
  });
  const log = new Log();
  log.add(rows(1));
  log.add(rows(2));
  assert.equal(log.messages?.length, 2);
  log.add(rows(2, "v"));
  assert.equal(log.messages, null);
});
