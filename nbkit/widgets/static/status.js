// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * What is said of a session beside its text.
 *
 * @typedef {import("./messages.js").Connection} Connection
 * @typedef {import("./messages.js").Header} Header
 */

/**
 * Say a time in seconds as a clock: 0:07, 12:03, 1:02:03.
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [h, m, s] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/**
 * The state in a word, and as the name that CSS and tests know it by.
 * @param {Header | null} header
 * @param {Connection} connection
 * @returns {{ state: string, word: string }}
 */
export function stateOf(header, connection) {
  if (connection === "lost") {
    return { state: "disconnected", word: "Disconnected" };
  }
  if (connection === "silent") {
    return { state: "connecting", word: "Waiting for the kernel" };
  }
  if (header === null) return { state: "connecting", word: "Connecting" };
  if (header.status === "completed") {
    return { state: "completed", word: "Finished" };
  }
  if (header.status === "cancelled") {
    return { state: "cancelled", word: "Stopped" };
  }
  if (header.status === "failed") return { state: "failed", word: "Failed" };
  if (header.writing) return { state: "running", word: "Writing" };
  if (header.paused) return { state: "paused", word: "Paused" };
  return { state: "running", word: "Making images" };
}

/**
 * What is counted in the header, each as a short phrase; nothing about what there is none of.
 * @param {Header} header
 * @returns {{ images: string, failed: string, paused: string }}
 */
export function countsOf(header) {
  const { succeeded, failed, total } = header.counts;
  const noun = total === 1 ? "image" : "images";
  return {
    images: total ? `${succeeded} of ${total} ${noun}` : "",
    failed: failed ? `${failed} failed` : "",
    paused: header.paused && header.status === "running" && header.writing
      ? "images paused"
      : "",
  };
}

/**
 * Which buttons make sense.
 * @param {Header | null} header
 * @param {Connection} connection
 * @param {boolean} failed whether an image has failed and no other has been made since
 */
export function usable(header, connection, failed) {
  const here = header !== null && connection !== "lost";
  const running = here && header.status === "running";
  return {
    stop: running,
    pause: running,
    retry: here && failed,
  };
}

/**
 * What a listener should hear of a change: state and results, never every token or step.
 * @param {Header | null} before
 * @param {Header} after
 */
export function announcement(before, after) {
  const parts = [];
  const was = before && stateOf(before, "live").word;
  const is = stateOf(after, "live").word;
  if (was !== is) parts.push(is);
  const { succeeded, failed } = after.counts;
  if (succeeded > (before?.counts.succeeded ?? 0)) {
    parts.push(countsOf(after).images);
  }
  if (failed > (before?.counts.failed ?? 0)) parts.push(countsOf(after).failed);
  return parts.join(", ");
}
