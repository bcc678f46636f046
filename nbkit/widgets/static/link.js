// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { unpack } from "./unpack.js";

/**
 * A view's talk with the kernel: numbered frames in their order, questions for what is missing, and
 * commands with their answers.
 *
 * @typedef {import("./messages.js").Answer} Answer
 * @typedef {import("./messages.js").Buffers} Buffers
 * @typedef {import("./messages.js").CommandName} CommandName
 * @typedef {import("./messages.js").Connection} Connection
 * @typedef {import("./messages.js").Details} Details
 * @typedef {import("./messages.js").Frame} Frame
 * @typedef {import("./messages.js").FromKernel} FromKernel
 * @typedef {import("./messages.js").Snapshot} Snapshot
 * @typedef {import("./messages.js").ToKernel} ToKernel
 *
 * @typedef {(error: string | null, picture: Answer["picture"], buffers: Buffers) => void} Done
 * @typedef {{ at: number, button?: HTMLElement, quiet?: boolean, done?: Done }} Pending
 *
 * @typedef {import("./widget.js").Model<ToKernel>} Model
 *
 * @typedef {object} Listener the view
 * @property {(message: Frame | Snapshot, buffers: Buffers, all: boolean) => boolean} show returns
 *   false where a picture is missing
 * @property {(answer: Answer, pending: Pending | undefined, buffers: Buffers) => void} answered
 * @property {() => void} changed the connection has changed
 */

/** A kernel that has not answered for so long is busy, or gone. */
const ANSWER_MS = 3000;
/** How often a view asks again for its first snapshot. */
const ASK_AGAIN = 3;

/**
 * Where a message stands in the sequence, `last` being the number of the latest one applied.
 * @param {number} last
 * @param {number} seq
 * @returns {"next" | "old" | "gap"}
 */
export function order(last, seq) {
  if (seq <= last) return "old";
  return seq === last + 1 ? "next" : "gap";
}

/** One view's end of it. */
export class Link {
  /**
   * @param {Model} model
   * @param {HTMLElement} host the element that the host has made for the view
   * @param {AbortSignal} signal
   * @param {Listener} view
   */
  constructor(model, host, signal, view) {
    this.model = model;
    this.host = host;
    this.view = view;
    this.id = crypto.randomUUID?.() ?? String(Math.random());
    /** @type {Connection} */
    this.connection = "connecting";
    // An empty view has everything up to the first frame.
    this.seq = 0;
    this.fresh = true;
    this.awaiting = true;
    this.behind = false;
    this.asked = 0;
    this.askedAt = 0;
    this.commands = 0;
    /** @type {Map<number, Pending>} */
    this.pending = new Map();
    const heard = (
      /** @type {FromKernel} */ message,
      /** @type {Buffers} */ buffers,
    ) => this.hear(message, buffers ?? []);
    const alive = () => this.checkAlive();
    model.on("msg:custom", heard);
    model.on("comm_live_update", alive);
    model.on("comm:close", alive);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", heard);
      model.off("comm_live_update", alive);
      model.off("comm:close", alive);
    });
  }

  /** @param {Iterable<[Frame, Buffers]>} frames that came before there was a view */
  begin(frames) {
    for (const [frame, buffers] of frames) this.hear(frame, buffers);
    this.ask(this.seq);
  }

  /** @param {ToKernel} message */
  send(message) {
    try {
      this.model.send(message);
    } catch (error) {
      console.warn("nbkit: the kernel cannot be reached", error);
      this.lose();
    }
  }

  /** @param {number} [seq] the last frame that is shown, if nothing up to it is missing */
  ask(seq = 0) {
    this.awaiting = true;
    this.asked += 1;
    this.askedAt = performance.now();
    this.send({ kind: "ready", view: this.id, seq });
  }

  /**
   * @param {CommandName} name
   * @param {string | null} slot
   * @param {{ details?: Details, button?: HTMLElement, quiet?: boolean, done?: Done }} [more]
   *   with `quiet`, whoever asks says what has become of it
   */
  command(name, slot, { details, button, quiet, done } = {}) {
    const id = ++this.commands;
    this.pending.set(id, { at: performance.now(), button, quiet, done });
    button?.setAttribute("aria-busy", "true");
    this.send({ kind: "command", view: this.id, id, name, slot, ...details });
  }

  /**
   * All that comes, from the model or its log, in the order in which it was sent.
   * @param {FromKernel} message
   * @param {Buffers} buffers
   */
  hear(message, buffers) {
    if (message.kind === "answer") {
      if (message.view !== this.id) return;
      const pending = this.pending.get(message.id);
      this.pending.delete(message.id);
      pending?.button?.removeAttribute("aria-busy");
      this.view.answered(message, pending, buffers);
    } else if (message.kind === "snapshot") {
      if (message.view === this.id) this.take(message, buffers, true);
    } else {
      const place = order(this.seq, message.seq);
      if (place === "next" && message.kind === "frame") {
        this.take(message, buffers, false);
      } else if (place !== "old") {
        this.behind = true;
        if (!this.awaiting) this.ask();
      }
    }
  }

  /**
   * @param {Frame | Snapshot} message
   * @param {Buffers} buffers
   * @param {boolean} all
   */
  take(message, buffers, all) {
    message = unpack(message, buffers);
    // A view begins with a header: the first frame has one.
    if (this.fresh && message.header === null) return;
    this.seq = message.seq;
    if (all) {
      this.awaiting = this.behind = false;
      this.asked = 0;
    }
    const complete = this.view.show(message, buffers, all);
    this.fresh = false;
    if (!complete && !this.awaiting) this.ask();
  }

  checkAlive() {
    // ipywidgets marks the element of a view whose comm is gone; other hosts only say that it changed.
    if (this.host.closest(".jupyter-widgets-disconnected")) return this.lose();
    this.connection = "silent";
    this.view.changed();
    this.ask();
  }

  /** Nobody answers any more: whoever waits is told. */
  lose() {
    this.connection = "lost";
    const left = [...this.pending.values()];
    this.pending.clear();
    for (const { button, done } of left) {
      button?.removeAttribute("aria-busy");
      done?.("the kernel is gone", undefined, []);
    }
    this.view.changed();
  }

  /** @param {number} now in ms */
  tick(now) {
    const lacking = this.fresh || this.behind || this.connection === "silent";
    if (
      this.awaiting && lacking && this.connection !== "lost" &&
      now - this.askedAt > ANSWER_MS
    ) {
      if (this.connection !== "silent") {
        this.connection = "silent";
        this.view.changed();
      }
      if (this.asked < ASK_AGAIN) this.ask();
    }
  }

  /**
   * @param {number} now in ms
   * @returns {boolean} whether a command is left unanswered too long
   */
  late(now) {
    for (const { at, quiet } of this.pending.values()) {
      if (!quiet && now - at > ANSWER_MS) return true;
    }
    return false;
  }
}
