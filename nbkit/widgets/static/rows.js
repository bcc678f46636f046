// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { arrange, button, make, say } from "./dom.js";
import { shown, stateOf, timeOf } from "./row_text.js";
import { TaskView } from "./task_row.js";

/**
 * @typedef {import("./row_messages.js").Buffers} Buffers
 * @typedef {import("./row_messages.js").Row} Row
 * @typedef {import("./row_messages.js").Thumbnail} Thumbnail
 */

const PICTURE_TYPES = /^image\/(png|jpeg|webp|gif)$/;

/** One message. */
export class RowView {
  /**
   * @param {(kind: "open" | "fold" | "close") => void} command
   * @param {string} key
   */
  constructor(command, key) {
    this.key = key;
    /** @type {Row | null} */
    this.row = null;
    this.since = 0;
    this.open = false;
    this.lost = false;
    this.more = 0;
    /** @type {Map<string, TaskView>} */
    this.tasks = new Map();
    /** @type {Map<string, { url: string, prompt: string }>} */
    this.pictures = new Map();
    /** @type {Map<string, HTMLImageElement>} */
    this.stripped = new Map();

    this.label = make("span", "nbkit-label");
    this.about = make("span", "nbkit-about");
    this.label.dir = this.about.dir = "auto";
    this.toggle = button(
      "nbkit-toggle",
      "",
      () => command(this.open ? "fold" : "open"),
    );
    this.toggle.append(this.label, this.about);
    /** @type {Record<keyof ReturnType<typeof shown>, HTMLElement>} */
    this.counts = {
      done: make("span", "nbkit-count"),
      failed: make("span", "nbkit-count"),
      cancelled: make("span", "nbkit-count"),
      running: make("span", "nbkit-count"),
      waiting: make("span", "nbkit-count"),
    };
    for (const [name, node] of Object.entries(this.counts)) {
      node.dataset.count = name;
    }
    this.time = make("span", "nbkit-eta");
    this.close = button("nbkit-close", "×", () => command("close"));
    this.bar = make("progress", "nbkit-bar");
    this.strip = make("div", "nbkit-strip");
    this.list = make("ul", "nbkit-tasks");
    this.rest = make("li", "nbkit-rest");
    const counts = make("span", "nbkit-counts", ...Object.values(this.counts));
    const facts = make("div", "nbkit-facts", counts, this.time);
    const head = make("div", "nbkit-head", this.toggle, facts, this.close);
    this.el = make("div", "nbkit-row", head, this.bar, this.strip, this.list);
    this.el.setAttribute("role", "group");
    this.list.hidden = true;
    this.fold();
  }

  fold() {
    this.toggle.setAttribute("aria-expanded", String(this.open));
    this.list.hidden = !this.open;
    this.strip.hidden = this.open || !this.strip.childElementCount;
  }

  /**
   * @param {Row} row
   * @param {boolean} whole whether the tasks are all that is listed
   * @param {number} now in ms
   */
  update(row, whole, now) {
    this.row = row;
    this.since = now;
    const name = row.label;
    this.el.dataset.row = row.row;
    this.el.dataset.state = stateOf(row.counts);
    this.el.setAttribute("aria-label", name);
    say(this.label, name);
    say(this.about, row.about);
    this.toggle.title = row.about;
    this.close.setAttribute("aria-label", `Close ${name}`);
    this.close.title = "Close";
    this.count();
    this.bar.max = row.counts.total;
    this.bar.value = row.counts.succeeded + row.counts.failed +
      row.counts.cancelled;
    this.bar.setAttribute("aria-label", `${name}, finished images`);
    this.updateStrip();
    if (row.order && row.tasks) this.updateTasks(row, whole, now);
    this.tick(now);
  }

  count() {
    if (!this.row) return;
    const counts = shown(this.row.counts);
    if (this.lost) {
      // Nobody runs any more, as far as anyone here can tell.
      counts.waiting += counts.running;
      counts.running = 0;
    }
    for (const [which, n] of Object.entries(counts)) {
      const node =
        this.counts[/** @type {keyof ReturnType<typeof shown>} */ (which)];
      const of = which === "done" ? ` of ${this.row.counts.total}` : "";
      const word = this.lost && which === "waiting" ? "not finished" : which;
      say(node, `${n}${of} ${word}`);
      node.hidden = n === 0 && which !== "done";
    }
  }

  /** @param {boolean} lost whether the kernel is gone */
  connect(lost) {
    if (this.lost === lost) return;
    this.lost = lost;
    this.count();
    this.tick(performance.now());
  }

  updateStrip() {
    const ids = (this.row?.strip ?? []).filter((id) => this.pictures.has(id));
    for (const id of this.stripped.keys()) {
      if (!ids.includes(id)) this.stripped.delete(id);
    }
    arrange(this.strip, ids.map((id) => this.picture(this.stripped, id)));
    this.fold();
  }

  /**
   * @param {Map<string, HTMLImageElement>} made
   * @param {string} id
   */
  picture(made, id) {
    const { url, prompt } =
      /** @type {{ url: string, prompt: string }} */ (this.pictures.get(id));
    const img = made.get(id) ?? make("img", "nbkit-thumb");
    made.set(id, img);
    if (img.getAttribute("src") !== url) img.src = url;
    img.alt = img.title = prompt;
    return img;
  }

  /**
   * @param {Row} row
   * @param {boolean} whole
   * @param {number} now in ms
   */
  updateTasks(row, whole, now) {
    if (whole) this.tasks.clear();
    for (const task of row.tasks ?? []) {
      let view = this.tasks.get(task.id);
      if (!view) this.tasks.set(task.id, view = new TaskView());
      view.update(task, now);
      this.showPicture(task.id);
    }
    const order = row.order ?? [];
    const listed = new Set(order);
    for (const id of this.tasks.keys()) {
      if (!listed.has(id)) this.tasks.delete(id);
    }
    const items = order.flatMap((id) => this.tasks.get(id)?.el ?? []);
    say(this.rest, `and ${row.more} more`);
    arrange(this.list, row.more ? [...items, this.rest] : items);
  }

  /**
   * @param {string} id
   */
  showPicture(id) {
    const task = this.tasks.get(id);
    if (
      !task || !this.pictures.has(id) || task.place instanceof HTMLImageElement
    ) return;
    const img = this.picture(new Map(), id);
    task.place.replaceWith(img);
    task.place = img;
  }

  /**
   * @param {Thumbnail} thumbnail
   * @param {Buffers} buffers
   */
  addPicture({ task, prompt, type, buffer }, buffers) {
    if (this.pictures.has(task) || !PICTURE_TYPES.test(type)) return;
    const blob = new Blob([/** @type {BlobPart} */ (buffers[buffer])], {
      type,
    });
    this.pictures.set(task, { url: URL.createObjectURL(blob), prompt });
    this.updateStrip();
    this.showPicture(task);
  }

  /** @param {number} now in ms */
  tick(now) {
    if (!this.row) return;
    say(
      this.time,
      this.lost ? "" : timeOf(this.row, (now - this.since) / 1000),
    );
    if (this.open || this.lost) {
      for (const task of this.tasks.values()) task.tick(now, this.lost);
    }
  }

  dispose() {
    for (const { url } of this.pictures.values()) URL.revokeObjectURL(url);
    this.pictures.clear();
    this.el.remove();
  }
}
