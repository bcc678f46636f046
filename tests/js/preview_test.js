// @ts-check
import assert from "node:assert/strict";
import { follows } from "../../nbkit/widgets/static/follower.js";
import { Log } from "../../nbkit/widgets/static/frame_log.js";
import { order } from "../../nbkit/widgets/static/link.js";
import make from "../../nbkit/widgets/static/preview.js";
import {
  revealCount,
  shared,
  whole,
} from "../../nbkit/widgets/static/reveal.js";
import { left, slotText } from "../../nbkit/widgets/static/slot_text.js";
import {
  announcement,
  clock,
  countsOf,
  stateOf,
  usable,
} from "../../nbkit/widgets/static/status.js";

/** @typedef {import("../../nbkit/widgets/static/messages.js").Header} Header */
/** @typedef {import("../../nbkit/widgets/static/messages.js").Slot} Slot */

/**
 * @param {Partial<Header>} [changes]
 * @param {Partial<Header["counts"]>} [counts]
 * @returns {Header}
 */
function header(changes, counts) {
  const none = {
    queued: 0,
    waiting: 0,
    running: 0,
    retrying: 0,
    succeeded: 0,
    failed: 0,
    cancelled: 0,
  };
  const all = { ...none, ...counts };
  const total = Object.values(all).reduce((a, b) => a + b, 0);
  return {
    status: "running",
    writing: true,
    paused: false,
    elapsed: 0,
    error: null,
    remark: null,
    ...changes,
    counts: { ...all, total },
  };
}

/**
 * @param {Partial<Slot>} changes
 * @returns {Slot}
 */
function slot(changes) {
  return {
    id: "image-1",
    status: "queued",
    prompt: "a fox",
    task_prompt: null,
    versions: 0,
    chosen: 0,
    reason: "",
    remaining: null,
    attempt: 0,
    max_attempts: null,
    fraction: null,
    step: null,
    steps: null,
    error: null,
    width: 0,
    height: 0,
    image: null,
    preview: null,
    ...changes,
  };
}

Deno.test("a time is said as a clock", () => {
  assert.equal(clock(0), "0:00");
  assert.equal(clock(7.9), "0:07");
  assert.equal(clock(723), "12:03");
  assert.equal(clock(3723), "1:02:03");
  assert.equal(clock(-1), "0:00");
});

Deno.test("a countdown ends at nought and never goes below", () => {
  assert.equal(left(4, 0), 4);
  assert.equal(left(4, 0.5), 4);
  assert.equal(left(4, 3.2), 1);
  assert.equal(left(4, 9), 0);
  assert.equal(left(null, 9), null);
});

Deno.test("a lost kernel is said before any state that it left behind", () => {
  assert.equal(stateOf(header(), "lost").state, "disconnected");
  assert.equal(stateOf(header(), "silent").word, "Waiting for the kernel");
  assert.equal(stateOf(null, "connecting").state, "connecting");
});

Deno.test("the state follows the session", () => {
  const word = (/** @type {Header} */ h) => stateOf(h, "live").word;
  assert.equal(word(header()), "Writing");
  assert.equal(word(header({ writing: false })), "Making images");
  assert.equal(word(header({ writing: false, paused: true })), "Paused");
  assert.equal(word(header({ status: "completed" })), "Finished");
  assert.equal(word(header({ status: "cancelled" })), "Stopped");
  assert.equal(word(header({ status: "failed" })), "Failed");
});

Deno.test("only what there is any of is counted", () => {
  assert.equal(countsOf(header()).images, "");
  assert.equal(countsOf(header({}, { succeeded: 1 })).images, "1 of 1 image");
  const some = countsOf(header({}, { succeeded: 2, failed: 1, queued: 1 }));
  assert.equal(some.images, "2 of 4 images");
  assert.equal(some.failed, "1 failed");
  assert.equal(countsOf(header({ paused: true })).paused, "images paused");
});

Deno.test("buttons are usable only where they make sense", () => {
  assert.deepEqual(usable(null, "connecting", true), {
    stop: false,
    pause: false,
    retry: false,
  });
  assert.deepEqual(usable(header(), "live", false), {
    stop: true,
    pause: true,
    retry: false,
  });
  assert.deepEqual(
    usable(header({ status: "completed" }, { failed: 1 }), "live", true),
    {
      stop: false,
      pause: false,
      retry: true,
    },
  );
  assert.equal(usable(header({}, { failed: 1 }), "lost", true).retry, false);
});

Deno.test("a missing frame is noticed, a repeated one is passed over", () => {
  assert.equal(order(4, 5), "next");
  assert.equal(order(4, 4), "old");
  assert.equal(order(4, 6), "gap");
});

Deno.test("only a move upwards lets go of the end, and the end takes hold again", () => {
  assert.equal(follows(true, { top: 100, before: 100, rest: 300 }), true);
  assert.equal(follows(true, { top: 90, before: 100, rest: 300 }), false);
  assert.equal(follows(false, { top: 110, before: 90, rest: 200 }), false);
  assert.equal(follows(false, { top: 300, before: 90, rest: 3 }), true);
  assert.equal(follows(true, { top: 90, before: 100, rest: 0 }), true);
});

Deno.test("waiting text is shown by the time that the next frame is due", () => {
  for (const frame of [4, 16, 40]) {
    let waiting = 240;
    for (let at = 0; at < 110; at += frame) {
      waiting -= revealCount(waiting, frame, 110 - at - frame);
    }
    assert.equal(waiting, 0);
  }
  assert.equal(revealCount(3, 16, -5), 3);
  assert.ok(revealCount(100, 16, 100) < 30);
  assert.ok(revealCount(1, 1, 1000) === 1);
});

Deno.test("no character is ever cut in two", () => {
  assert.equal(whole("a🦊b", 2), 1);
  assert.equal(whole("a🦊b", 3), 3);
  assert.equal(whole("a🦊", 3), 3);
  assert.equal(shared("fox 🦊", "fox 🦉"), 4);
  assert.equal(shared("fox", "fox and"), 3);
  assert.equal(shared("", "x"), 0);
});

Deno.test("a slot says what it waits for, and for how long", () => {
  const text = slotText(slot({ status: "waiting", reason: "rate limit" }), 12);
  assert.deepEqual([text.word, text.detail], ["Waiting", "rate limit · 12 s"]);
  assert.equal(slotText(slot({ status: "waiting" }), null).detail, "");
});

Deno.test("a slot that tries again says which attempt comes, and why", () => {
  const retrying = slot({
    status: "retrying",
    attempt: 1,
    max_attempts: 3,
    reason: "503: busy",
  });
  assert.equal(
    slotText(retrying, 4).detail,
    "attempt 2 of 3 · in 4 s · 503: busy",
  );
  const third = slot({
    status: "running",
    attempt: 3,
    max_attempts: 3,
    step: 2,
    steps: 8,
  });
  assert.equal(slotText(third, null).detail, "step 2 of 8 · attempt 3 of 3");
});

Deno.test("a failed and a skipped slot offer their button, the others none", () => {
  assert.equal(
    slotText(slot({ status: "failed", error: "no" }), null).action,
    "Retry",
  );
  assert.equal(
    slotText(slot({ status: "failed", error: "no" }), null).detail,
    "no",
  );
  assert.equal(slotText(slot({ status: "skipped" }), null).action, "Generate");
  for (
    const status of /** @type {Slot["status"][]} */ (
      ["queued", "waiting", "running", "retrying", "cancelled", "succeeded"]
    )
  ) {
    assert.equal(slotText(slot({ status }), null).action, "");
  }
});

Deno.test("a listener hears results, not steps", () => {
  assert.equal(announcement(null, header()), "Writing");
  assert.equal(
    announcement(header(), header({ elapsed: 3 }, { running: 1 })),
    "",
  );
  assert.equal(
    announcement(
      header({}, { running: 2 }),
      header({}, { succeeded: 1, failed: 1 }),
    ),
    "1 of 2 images, 1 failed",
  );
  assert.equal(
    announcement(header(), header({ status: "completed" })),
    "Finished",
  );
});

/** @param {number} seq */
function frame(seq) {
  return {
    kind: /** @type {const} */ ("frame"),
    seq,
    header: header(),
    ops: [],
    slots: [],
  };
}

Deno.test("frames are kept for a view that mounts while the kernel cannot answer", () => {
  const log = new Log();
  log.add(frame(1));
  log.add({ kind: "answer", view: "v", id: 1, error: null });
  log.add(frame(2));
  assert.equal(log.frames?.length, 2);
  log.add(frame(4));
  assert.equal(log.frames, null);
  const late = new Log();
  late.add(frame(7));
  assert.equal(late.frames, null);
  const answered = new Log();
  answered.add(frame(1));
  answered.add({ ...frame(1), kind: "snapshot", view: "v" });
  assert.equal(answered.frames, null);
});

Deno.test("frames with many pictures are not kept for a view that may never come", () => {
  const log = new Log();
  const picture = new DataView(new ArrayBuffer(6_000_000));
  for (let seq = 1; seq <= 5; seq++) log.add(frame(seq), [picture]);
  assert.equal(log.frames?.length, 5);
  log.add(frame(6), [picture]);
  assert.ok(log.frames === null);
});

Deno.test("each model gets a widget of its own", () => {
  assert.notEqual(make(), make());
  assert.equal(typeof make().render, "function");
});
