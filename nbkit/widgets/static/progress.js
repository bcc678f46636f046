// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * The view of the progress of all messages: a row for each, opened to its tasks by a click.
 *
 * Messages, mirrored in `nbkit/widgets/messages.py`:
 *
 * @typedef {"queued" | "waiting" | "running" | "retrying" | "succeeded" | "failed" | "cancelled"} Status
 *
 * @typedef {Record<Status, number> & { total: number }} Counts
 *
 * @typedef {object} Task
 * @property {string} id
 * @property {Status} status
 * @property {string} prompt
 * @property {string} reason
 * @property {number | null} remaining seconds left of a wait as the message was sent
 * @property {number} attempt
 * @property {number | null} max_attempts
 * @property {number | null} seconds how long it took, or has taken so far
 * @property {string | null} error
 *
 * @typedef {object} Row
 * @property {string} row
 * @property {number} place the newest row has the highest
 * @property {string} label
 * @property {string} about
 * @property {Counts} counts
 * @property {number | null} eta seconds, null while there is no evidence
 * @property {number | null} elapsed seconds
 * @property {string[]} strip tasks whose pictures are shown, oldest first
 * @property {string[] | null} order the listed tasks of an opened row
 * @property {Task[] | null} tasks those of them that changed
 * @property {number | null} more tasks that are not listed
 *
 * @typedef {{ row: string, task: string, prompt: string, type: string, buffer: number }} Thumbnail
 *
 * @typedef {object} Rows
 * @property {"rows"} kind
 * @property {string | null} view null for every view
 * @property {boolean} whole whether these are all rows
 * @property {number} seq
 * @property {Row[]} rows
 * @property {string[]} gone
 * @property {Thumbnail[]} thumbnails
 *
 * @typedef {{ kind: "ready" | "gone", view: string }
 *   | { kind: "open" | "fold" | "close", view: string, row: string | null }} ToKernel
 *
 * @typedef {(DataView | ArrayBuffer | Uint8Array)[]} Buffers
 *
 * @typedef {object} Model what a host gives to anywidget's `render`
 * @property {(content: ToKernel) => void} send
 * @property {(event: string, handler: (...args: any[]) => void) => void} on
 * @property {(event: string, handler: (...args: any[]) => void) => void} off
 */

/** A kernel that has not answered for so long is busy, or gone. */
const ANSWER_MS = 3000;
/** How often a view asks again for its first rows. */
const ASK_AGAIN = 3;
/** How many messages are kept for a view that cannot ask. */
const LOG_MOST = 600;

const PICTURE_TYPES = /^image\/(png|jpeg|webp|gif)$/;

// ---- pure helpers -------------------------------------------------------------------------------

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

// ---- small DOM tools ----------------------------------------------------------------------------

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
function make(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

/**
 * @param {string} className
 * @param {string} text
 * @param {() => void} click
 */
function makeButton(className, text, click) {
  const node = make("button", className, text);
  node.type = "button";
  // JupyterLab would take Enter and Space for the notebook's own.
  node.dataset.lmSuppressShortcuts = "true";
  node.addEventListener("click", click);
  return node;
}

/**
 * Give the keyboard back to the notebook after a click with a mouse, and on Escape: a button that
 * kept it would leave the notebook's own keys dead.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
function handBackKeys(root, signal) {
  const leave = () => {
    const active = document.activeElement;
    if (!(active instanceof HTMLElement) || !root.contains(active)) return;
    const cell = root.closest(".jp-Cell");
    active.blur();
    if (cell instanceof HTMLElement) cell.focus({ preventScroll: true });
  };
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element &&
      event.target.closest("button");
    if (button && event.detail > 0) leave();
  }, { signal });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
  }, { signal });
}

/**
 * @param {Node} node
 * @param {string} text
 */
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Make the children of `parent` these, moving no node that stands right.
 * @param {Element} parent
 * @param {Element[]} wanted
 */
function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) {
    if (!keep.has(child)) child.remove();
  }
  wanted.forEach((node, i) => {
    if (parent.children[i] !== node) {
      parent.insertBefore(node, parent.children[i] ?? null);
    }
  });
}

// ---- a row --------------------------------------------------------------------------------------

/** One listed task. */
class TaskView {
  constructor() {
    /** @type {Task | null} */
    this.task = null;
    this.since = 0;
    this.place = make("span", "nbkit-thumb");
    this.prompt = make("span", "nbkit-task-prompt");
    this.text = make("span", "nbkit-task-text");
    this.el = make(
      "li",
      "nbkit-task-row",
      this.place,
      make("span", "nbkit-task-lines", this.prompt, this.text),
    );
  }

  /**
   * @param {Task} task
   * @param {number} now in ms
   */
  update(task, now) {
    this.task = task;
    this.since = now;
    this.el.dataset.state = task.status;
    say(this.prompt, task.prompt || task.id);
    this.prompt.title = task.prompt;
    this.tick(now);
  }

  /**
   * @param {number} now in ms
   * @param {boolean} [lost] whether the kernel is gone
   */
  tick(now, lost = false) {
    if (!this.task) return;
    const ended = ["succeeded", "failed", "cancelled"].includes(
      this.task.status,
    );
    const text = lost && !ended
      ? "not finished"
      : taskText(this.task, (now - this.since) / 1000);
    say(this.text, text);
    this.text.title = text;
  }
}

/** One message. */
class RowView {
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
    this.toggle = makeButton(
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
    this.close = makeButton("nbkit-close", "×", () => command("close"));
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

// ---- the view -----------------------------------------------------------------------------------

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
    this.closeAll = makeButton(
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
      /** @type {Rows} */ message,
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
   * @param {Rows} message
   * @param {Buffers} buffers
   */
  hear(message, buffers) {
    if (message.kind !== "rows") return;
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
    for (const key of message.gone) this.closing.delete(key);
    const stay = new Set(message.rows.map((row) => row.row));
    for (const [key, row] of [...this.rows]) {
      const over = message.whole && !stay.has(key);
      if (over || message.gone.includes(key)) this.remove(row);
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
   * @param {Rows} message
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

export default () => {
  const log = new Log();
  return {
    /** @param {{ model: Model, signal?: AbortSignal }} context */
    initialize({ model, signal }) {
      const add = log.add.bind(log);
      model.on("msg:custom", add);
      signal?.addEventListener("abort", () => model.off("msg:custom", add));
      return () => model.off("msg:custom", add);
    },

    /** @param {{ model: Model, el: HTMLElement, signal?: AbortSignal }} context */
    render({ model, el, signal }) {
      // Older hosts pass no signal and call what is returned instead.
      const own = new AbortController();
      signal?.addEventListener("abort", () => own.abort(), { once: true });
      new View(model, el, own.signal, log);
      return () => own.abort();
    },
  };
};
