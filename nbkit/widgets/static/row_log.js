// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * @typedef {import("./row_messages.js").Buffers} Buffers
 * @typedef {import("./row_messages.js").FromKernel} FromKernel
 * @typedef {import("./row_messages.js").Rows} Rows
 */

/** How many messages are kept for a view that cannot ask. */
const LOG_MOST = 600;

/**
 * The messages of a model from the first one on, for a view that mounts while the kernel is busy
 * with a cell: it can send then, but not answer.
 */
export class Log {
  constructor() {
    /** @type {[Rows, Buffers][] | null} null once the kernel has answered, or one is missing */
    this.messages = [];
  }

  /**
   * @param {FromKernel} message
   * @param {Buffers} [buffers]
   */
  add(message, buffers = []) {
    if (message.kind !== "rows" || this.messages === null) return;
    const next = message.view === null &&
      message.seq === this.messages.length + 1;
    if (next && message.seq <= LOG_MOST) this.messages.push([message, buffers]);
    else this.messages = null;
  }
}
