// @ts-check

/**
 * What a row and its tasks say, of how they stand.
 *
 * @typedef {import("./row_messages.js").Counts} Counts
 * @typedef {import("./row_messages.js").Row} Row
 * @typedef {import("./row_messages.js").Task} Task
 */

/**
 * Say a time in seconds: 8 s, 2:05, 1:02:03.
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const pad = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [hours, minutes] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
  ];
  return hours
    ? `${hours}:${pad(minutes)}:${pad(whole % 60)}`
    : `${minutes}:${pad(whole % 60)}`;
}

/**
 * The counts as a row shows them; they add up to the total.
 * @param {Counts} counts
 */
export function shown(counts) {
  return {
    done: counts.succeeded,
    failed: counts.failed,
    cancelled: counts.cancelled,
    running: counts.running + counts.retrying,
    waiting: counts.queued + counts.waiting,
  };
}

/**
 * How a row stands, as CSS and tests know it.
 * @param {Counts} counts
 * @returns {"running" | "waiting" | "failed" | "cancelled" | "done"}
 */
export function stateOf(counts) {
  const { running, waiting, failed, cancelled } = shown(counts);
  if (running) return "running";
  if (waiting) return "waiting";
  if (failed) return "failed";
  return cancelled ? "cancelled" : "done";
}

/**
 * What a row says of time, `passed` seconds after it was sent.
 * @param {Row} row
 * @param {number} passed
 */
export function timeOf(row, passed) {
  const pending = row.counts.running + row.counts.retrying + row.counts.queued +
    row.counts.waiting;
  if (!pending) {
    return row.elapsed === null ? "" : `took ${duration(row.elapsed)}`;
  }
  if (row.eta === null) return "";
  const left = row.eta - passed;
  return left < 1 ? "a moment left" : `about ${duration(left)} left`;
}

/**
 * What a listed task says, `passed` seconds after it was sent.
 * @param {Task} task
 * @param {number} passed
 */
export function taskText(task, passed) {
  const attempt = (/** @type {number} */ n) =>
    task.max_attempts === null
      ? `attempt ${n}`
      : `attempt ${n} of ${task.max_attempts}`;
  const again = task.attempt > 1 ? attempt(task.attempt) : "";
  const wait = task.remaining === null
    ? ""
    : duration(Math.ceil(Math.max(0, task.remaining - passed)));
  const took = task.seconds === null ? "" : `${task.seconds.toFixed(1)} s`;
  const join = (/** @type {string[]} */ ...parts) =>
    parts.filter(Boolean).join(" · ");
  switch (task.status) {
    case "queued":
      return join(
        "in the queue",
        task.attempt > 0 ? attempt(task.attempt + 1) : "",
      );
    case "waiting":
      return join("waiting", task.reason, wait);
    case "running":
      return join(
        `running for ${duration((task.seconds ?? 0) + passed)}`,
        again,
      );
    case "retrying":
      return join(
        "trying again",
        attempt(task.attempt + 1),
        wait && `in ${wait}`,
        task.reason,
      );
    case "succeeded":
      return join("done", took && `in ${took}`, again);
    case "failed":
      return join("failed", task.error ?? "", again);
    default:
      return "cancelled";
  }
}

/**
 * What a listener should hear of a row: its end.
 * @param {Row | null} before
 * @param {Row} after
 */
export function announcement(before, after) {
  const open = (/** @type {Row} */ row) =>
    ["running", "waiting"].includes(stateOf(row.counts));
  if (before === null || !open(before) || open(after)) return "";
  const { done, failed } = shown(after.counts);
  const end = `${after.label}: ${done} of ${after.counts.total} images done`;
  return failed ? `${end}, ${failed} failed` : end;
}
