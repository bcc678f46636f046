// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * @typedef {import("./messages.js").Buffers} Buffers
 * @typedef {import("./messages.js").Frame} Frame
 * @typedef {import("./messages.js").FromKernel} FromKernel
 */

/** How many frames are kept for a view that cannot ask for a snapshot. */
const LOG_MOST = 600;
/** How many bytes of pictures with them. */
const LOG_BYTES = 32_000_000;

/**
 * The frames of a model from the first one on. They are not sent again, and a kernel that is busy
 * with a cell can send though it cannot answer: a view that mounts meanwhile begins with these.
 */
export class Log {
  constructor() {
    /** @type {[Frame, Buffers][] | null} null once the kernel can be asked, or one is missing */
    this.frames = [];
    this.bytes = 0;
  }

  /**
   * @param {FromKernel} message
   * @param {Buffers} [buffers]
   */
  add(message, buffers = []) {
    if (message.kind === "snapshot") this.frames = null;
    if (message.kind !== "frame" || this.frames === null) return;
    for (const { byteLength } of buffers) this.bytes += byteLength;
    const whole = message.seq === this.frames.length + 1 &&
      message.seq <= LOG_MOST && this.bytes <= LOG_BYTES;
    if (whole) this.frames.push([message, buffers]);
    else this.frames = null;
  }
}
