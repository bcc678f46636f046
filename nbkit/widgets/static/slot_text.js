// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * What a slot says, and what may be done with it.
 *
 * @typedef {import("./messages.js").Slot} Slot
 */

const FINAL = /^(succeeded|failed|cancelled)$/;

/**
 * The whole seconds left of `remaining`, which was true `passed` seconds ago.
 * @param {number | null} remaining
 * @param {number} passed
 * @returns {number | null}
 */
export function left(remaining, passed) {
  return remaining === null ? null : Math.max(0, Math.ceil(remaining - passed));
}

/**
 * What a slot says that is not done: a word, the rest of the line, and the button it offers.
 * @param {Slot} slot
 * @param {number | null} seconds left of its wait
 * @returns {{ word: string, detail: string, action: "" | "Retry" | "Generate" }}
 */
export function slotText(slot, seconds) {
  const wait = seconds === null ? "" : `${seconds} s`;
  const attempt = slot.max_attempts === null
    ? `attempt ${slot.attempt + 1}`
    : `attempt ${
      Math.min(slot.attempt + 1, slot.max_attempts)
    } of ${slot.max_attempts}`;
  const join = (/** @type {string[]} */ ...parts) =>
    parts.filter(Boolean).join(" · ");
  switch (slot.status) {
    case "queued":
      return { word: "In the queue", detail: "", action: "" };
    case "waiting":
      return { word: "Waiting", detail: join(slot.reason, wait), action: "" };
    case "running": {
      const step = slot.step !== null && slot.steps !== null
        ? `step ${slot.step} of ${slot.steps}`
        : "";
      const again = slot.attempt > 1 && slot.max_attempts !== null
        ? `attempt ${slot.attempt} of ${slot.max_attempts}`
        : "";
      return { word: "Generating", detail: join(step, again), action: "" };
    }
    case "retrying":
      return {
        word: "Trying again",
        detail: join(attempt, wait && `in ${wait}`, slot.reason),
        action: "",
      };
    case "failed":
      return {
        word: slot.image ? "New version failed" : "Failed",
        detail: slot.error ?? "",
        action: "Retry",
      };
    case "cancelled":
      return {
        word: slot.image ? "New version cancelled" : "Cancelled",
        detail: slot.reason,
        action: "",
      };
    case "skipped":
      return {
        word: "Not generated",
        detail: slot.reason || "past the limit of images",
        action: "Generate",
      };
    default:
      return { word: "Loading", detail: "", action: "" };
  }
}

/**
 * What may be done with a slot from its own controls.
 * @param {Slot} slot
 * @param {number} chosen the version that is shown, or soon will be
 */
export function toolsOf(slot, chosen) {
  const final = FINAL.test(slot.status);
  return {
    shown: final || slot.versions > 0,
    make: final,
    count: slot.versions > 1 ? `${chosen + 1}/${slot.versions}` : "",
    before: chosen > 0,
    after: chosen < slot.versions - 1,
  };
}
