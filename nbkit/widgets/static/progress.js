// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { arrange, button, make, say } from "./dom.js";
import { handBackKeys } from "./keys.js";
import { Log } from "./row_log.js";
import { announcement } from "./row_text.js";
import { RowView } from "./rows.js";
import { widget } from "./widget.js";

/**
 * The view of the progress of all messages: a row for each, opened to its tasks by a click.
 *
 * @typedef {import("./row_messages.js").Buffers} Buffers
 * @typedef {import("./row_messages.js").FromKernel} FromKernel
 * @typedef {import("./row_messages.js").Rows} Rows
 * @typedef {import("./row_messages.js").ToKernel} ToKernel
 * @typedef {import("./widget.js").Model<ToKernel>} Model
 */

/** A kernel that has not answered for so long is busy, or gone. */
const ANSWER_MS = 3000;
/** How often a view asks again for its first rows. */
const ASK_AGAIN = 3;

/** One mounted view. */
class View {
  /**
   * @param {Model} model
   * @param {HTMLElement} el
   * @param {AbortSignal} signal
   * @param {Log} log
   */
  constructor(model, el, signal, log) {
    this.model = model;
    this.host = el;
    this.signal = signal;
    this.id = crypto.randomUUID?.() ?? String(Math.random());
    // An empty view has everything up to the first message.
    this.seq = 0;
    this.awaiting = false;
    this.asked = 0;
    this.askedAt = 0;
    this.lost = false;
    /** @type {Map<string, RowView>} */
    this.rows = new Map();
    /** Rows that were closed here, until the kernel says so too. @type {Set<string>} */
    this.closing = new Set();

    this.title = make("span", "nbkit-title");
    this.note = make("span", "nbkit-note");
    this.closeAll = button(
      "nbkit-button",
      "Close all",
      () => this.command("close", null),
    );
    this.head = make(
      "div",
      "nbkit-header",
      this.title,
      this.note,
      this.closeAll,
    );
    this.list = make("div", "nbkit-rows");
    this.live = make("div", "nbkit-live");
    this.live.setAttribute("role", "status");
    this.root = make(
      "section",
      "nbkit-progress",
      this.head,
      this.list,
      this.live,
    );
    this.root.setAttribute("aria-label", "Progress of images");
    el.append(this.root);
    this.listen();
    this.paint();
    this.ask();
    for (const [message, buffers] of log.messages ?? []) {
      this.hear(message, buffers);
    }
  }

  listen() {
    const { model, signal } = this;
    const heard = (
      /** @type {FromKernel} */ message,
      /** @type {Buffers} */ buffers,
    ) => this.hear(message, buffers ?? []);
    const alive = () => this.checkAlive();
    model.on("msg:custom", heard);
    model.on("comm_live_update", alive);
    model.on("comm:close", alive);
    handBackKeys(this.root, signal);
    const ticking = setInterval(() => this.tick(), 500);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", heard);
      model.off("comm_live_update", alive);
      model.off("comm:close", alive);
      clearInterval(ticking);
      if (!this.lost) this.send({ kind: "gone", view: this.id });
      for (const row of this.rows.values()) row.dispose();
      this.root.remove();
    });
  }

  /** @param {ToKernel} message */
  send(message) {
    try {
      this.model.send(message);
    } catch (error) {
      console.warn("nbkit: the kernel cannot be reached", error);
      this.lost = true;
      this.paint();
    }
  }

  ask() {
    this.awaiting = true;
    this.asked += 1;
    this.askedAt = performance.now();
    this.send({ kind: "ready", view: this.id });
  }

  /**
   * @param {"open" | "fold" | "close"} kind
   * @param {string | null} key
   */
  command(kind, key) {
    const row = key === null ? undefined : this.rows.get(key);
    if (row && kind !== "close") {
      row.open = kind === "open";
      row.fold();
    } else {
      // It goes at once; a kernel that is busy hears of it later.
      for (const each of row ? [row] : [...this.rows.values()]) {
        this.closing.add(each.key);
        this.remove(each);
      }
      this.paint();
    }
    this.send({ kind, view: this.id, row: key });
  }

  /** @param {RowView} row */
  remove(row) {
    const beside = row.el.nextElementSibling ?? row.el.previousElementSibling;
    const focused = row.el.contains(document.activeElement);
    row.dispose();
    this.rows.delete(row.key);
    const next = beside?.querySelector(".nbkit-toggle");
    if (focused && next instanceof HTMLElement) next.focus();
  }

  checkAlive() {
    // ipywidgets marks the element of a view whose comm is gone; other hosts only say that it changed.
    this.lost = this.host.closest(".jupyter-widgets-disconnected") !== null;
    this.paint();
    if (!this.lost) this.ask();
  }

  /**
   * @param {FromKernel} message
   * @param {Buffers} buffers
   */
  hear(message, buffers) {
    if (message.kind === "check") {
      if (message.seq > this.seq && !this.awaiting) this.ask();
      return;
    }
    if (message.view === null) {
      if (message.seq <= this.seq) return;
      if (message.seq > this.seq + 1) {
        if (!this.awaiting) this.ask();
        return;
      }
      this.seq = message.seq;
    } else if (message.view !== this.id) return;
    else if (message.whole) {
      this.seq = message.seq;
      this.awaiting = false;
      this.asked = 0;
    }
    this.show(message, buffers);
  }

  /**
   * @param {Rows} message
   * @param {Buffers} buffers
   */
  show(message, buffers) {
    const now = performance.now();
    this.lost = false;
    const stay = new Set(message.rows.map((row) => row.row));
    // A row may have gone and come back since the last message.
    const gone = message.whole
      ? [...this.rows.keys(), ...this.closing].filter((key) => !stay.has(key))
      : message.gone;
    for (const key of gone) {
      this.closing.delete(key);
      const row = this.rows.get(key);
      if (row) this.remove(row);
    }
    for (const row of message.rows) {
      if (this.closing.has(row.row)) continue;
      let view = this.rows.get(row.row);
      if (!view) {
        view = new RowView((kind) => this.command(kind, row.row), row.row);
        this.rows.set(row.row, view);
      }
      const heard = announcement(view.row, row);
      if (heard && message.view === null) say(this.live, heard);
      view.update(row, message.view !== null, now);
    }
    for (const thumbnail of message.thumbnails) {
      this.rows.get(thumbnail.row)?.addPicture(thumbnail, buffers);
    }
    const newestFirst = [...this.rows.values()].sort((a, b) =>
      (b.row?.place ?? 0) - (a.row?.place ?? 0)
    );
    arrange(this.list, newestFirst.map((row) => row.el));
    this.paint();
  }

  paint() {
    this.root.hidden = this.rows.size === 0;
    this.root.dataset.state = this.lost ? "disconnected" : "live";
    const many = this.rows.size > 1;
    say(this.title, many ? `${this.rows.size} messages` : "");
    say(this.note, this.lost ? "Disconnected" : "");
    for (const row of this.rows.values()) row.connect(this.lost);
    this.closeAll.hidden = !many;
    this.head.hidden = !many && !this.lost;
  }

  tick() {
    const now = performance.now();
    if (
      this.awaiting && !this.lost && this.asked < ASK_AGAIN &&
      now - this.askedAt > ANSWER_MS
    ) this.ask();
    if (this.lost || document.hidden) return;
    for (const row of this.rows.values()) row.tick(now);
  }
}

export default widget(Log, (/** @type {Model} */ model, host, signal, log) => {
  new View(model, host, signal, log);
});
