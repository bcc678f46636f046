// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { button, make, say } from "./dom.js";
import { Lightbox } from "./lightbox.js";
import { SlotView } from "./slots.js";

/**
 * The view of a streamed reply. The kernel sends sanitised blocks of HTML and the states of the image
 * slots in them; this module puts both in place, keeps the end in view, and sends clicks back.
 *
 * @typedef {import("./messages.js").Answer} Answer
 * @typedef {import("./messages.js").Buffers} Buffers
 * @typedef {import("./messages.js").CommandName} CommandName
 * @typedef {import("./messages.js").Connection} Connection
 * @typedef {import("./messages.js").Details} Details
 * @typedef {import("./messages.js").Frame} Frame
 * @typedef {import("./messages.js").FromKernel} FromKernel
 * @typedef {import("./messages.js").Header} Header
 * @typedef {import("./messages.js").Op} Op
 * @typedef {import("./lightbox.js").Done} Done
 * @typedef {import("./messages.js").Snapshot} Snapshot
 * @typedef {import("./messages.js").ToKernel} ToKernel
 *
 * @typedef {object} Model what a host gives to anywidget's `render`
 * @property {(content: ToKernel) => void} send
 * @property {(event: string, handler: (...args: any[]) => void) => void} on
 * @property {(event: string, handler: (...args: any[]) => void) => void} off
 */

/** Text that came in one frame is on the screen after this many ms, as the next frame arrives. */
const REVEAL_MS = 165;
/** Text is shown in steps of this many ms: each costs the page a layout, and more are not seen. */
const STEP_MS = 45;
/** More text than this at once is not being written, it is being restored. */
const REVEAL_MOST = 1500;
/** How near the end, in pixels, counts as the end. */
const SLACK = 32;
/** A kernel that has not answered for so long is busy, or gone. */
const ANSWER_MS = 3000;
/** How many frames are kept for a view that cannot ask for a snapshot. */
const LOG_MOST = 600;
/** How many bytes of pictures with them. */
const LOG_BYTES = 32_000_000;
/** How often a view asks again for its first snapshot. */
const ASK_AGAIN = 3;
/** Nobody has touched a view for this long: it may be frozen. */
const IDLE_MS = 20_000;
/** Text in these is shown at once: their columns and glyphs would jump with every character. */
const AT_ONCE = "table, tr, math, svg";
/** The live region speaks at most this often. */
const SPEAK_MS = 2000;

const BLOCKS = /^(P|LI|TD|TH|DIV|H[1-6]|BLOCKQUOTE)$/;

// ---- pure helpers -------------------------------------------------------------------------------

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
 * Where a message stands in the sequence, `last` being the number of the latest one applied.
 * @param {number} last
 * @param {number} seq
 * @returns {"next" | "old" | "gap"}
 */
export function order(last, seq) {
  if (seq <= last) return "old";
  return seq === last + 1 ? "next" : "gap";
}

/**
 * Whether the view follows the end after a scroll. Only a move upwards lets go: the end also moves
 * away by itself, when text arrives between a scroll and its event.
 * @param {boolean} following
 * @param {{ top: number, before: number, rest: number }} scroll `rest` is the distance to the end
 */
export function follows(following, { top, before, rest }) {
  if (rest <= SLACK) return true;
  return top < before ? false : following;
}

/**
 * How many of `waiting` characters to show now, so that all are shown in `ms` from now.
 * @param {number} waiting
 * @param {number} passed ms since the last time
 * @param {number} ms
 */
export function revealCount(waiting, passed, ms) {
  if (ms <= 0) return waiting;
  return Math.min(
    waiting,
    Math.max(1, Math.ceil((waiting * passed) / (passed + ms))),
  );
}

/**
 * How much of the start two texts share, never half of a surrogate pair.
 * @param {string} a
 * @param {string} b
 */
export function shared(a, b) {
  const most = Math.min(a.length, b.length);
  let n = 0;
  while (n < most && a.charCodeAt(n) === b.charCodeAt(n)) n++;
  return whole(b, n);
}

/**
 * The nearest place at or before `n` that does not split a character in two.
 * @param {string} text
 * @param {number} n
 */
export function whole(text, n) {
  const code = text.charCodeAt(n - 1);
  return code >= 0xd800 && code < 0xdc00 && n < text.length ? n - 1 : n;
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

// ---- small DOM tools ----------------------------------------------------------------------------

/**
 * Give the keyboard back to the notebook after a click with a mouse, and on Escape: a button that
 * kept it would leave the notebook's own keys dead.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
function handBackKeys(root, signal) {
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element &&
      event.target.closest("button");
    // A form that was opened by the click is where the keys belong.
    const form = document.activeElement?.closest("form");
    if (button && !form && event.detail > 0) leave(root);
  }, { signal });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave(root);
  }, { signal });
}

/** @param {HTMLElement} root */
function leave(root) {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || !root.contains(active)) return;
  const cell = root.closest(".jp-Cell");
  active.blur();
  if (cell instanceof HTMLElement) cell.focus({ preventScroll: true });
}

/**
 * The one place where HTML is parsed: what the kernel's renderer has written and sanitised.
 * @param {string} html
 */
function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const place of placesIn(template.content)) {
    if (textBeside(place, "previousSibling")) {
      place.classList.add("nbkit-after");
    }
    if (textBeside(place, "nextSibling")) place.classList.add("nbkit-before");
  }
  return template.content;
}

/**
 * @param {ParentNode} node
 * @returns {HTMLElement[]} the places of slots within
 */
function placesIn(node) {
  return [...node.querySelectorAll(".nbkit-slot[data-nbkit-slot]")].filter((
    each,
  ) => each instanceof HTMLElement);
}

/**
 * Whether text stands beside a slot in its paragraph, so that its image goes on a line of its own.
 * @param {HTMLElement} place
 * @param {"previousSibling" | "nextSibling"} side
 */
function textBeside(place, side) {
  /** @type {Node | null} */
  let node = place;
  while (node instanceof HTMLElement && !BLOCKS.test(node.tagName)) {
    for (let other = node[side]; other; other = other[side]) {
      if (slotAt(other) !== null) return false;
      if (other.textContent?.trim()) return true;
    }
    node = node.parentNode;
  }
  return false;
}

/**
 * @param {Node} node
 * @returns {string | null} the slot whose place this is
 */
function slotAt(node) {
  return node instanceof HTMLElement && node.classList.contains("nbkit-slot")
    ? node.dataset.nbkitSlot ?? null
    : null;
}

// ---- text that arrives smoothly -----------------------------------------------------------------

/** Shows new text character by character until the next frame is due. */
class Reveal {
  /** @param {AbortSignal} signal */
  constructor(signal) {
    /** @type {Map<Text, string>} */
    this.texts = new Map();
    this.deadline = 0;
    this.last = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.still = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");
    this.step = this.step.bind(this);
    this.finish = this.finish.bind(this);
    document.addEventListener("visibilitychange", this.finish, { signal });
    signal.addEventListener("abort", this.finish);
  }

  /**
   * Give a text node its text, of which the first `show` characters are to be seen already.
   * @param {Text} node
   * @param {string} text
   * @param {number} show
   */
  set(node, text, show) {
    this.texts.delete(node);
    const keep = shared(node.data, text);
    // Only what differs is touched, so that a reader's selection stays.
    const end = Math.max(show, keep);
    if (node.data !== text.slice(0, end)) {
      node.replaceData(keep, node.data.length - keep, text.slice(keep, end));
    }
    if (end < text.length) this.texts.set(node, text);
  }

  /** @param {boolean} smooth */
  play(smooth) {
    let waiting = 0;
    for (const [node, text] of this.texts) {
      waiting += text.length - node.data.length;
    }
    if (!waiting) return;
    if (
      !smooth || document.hidden || this.still?.matches || waiting > REVEAL_MOST
    ) {
      this.finish();
      return;
    }
    const now = performance.now();
    this.deadline = now + REVEAL_MS;
    if (this.timer === undefined) this.last = now - STEP_MS;
    // The page draws what the frame has changed in any case: the first step goes along.
    clearInterval(this.timer);
    this.timer = setInterval(this.step, STEP_MS);
    this.step();
  }

  step() {
    const now = performance.now();
    let waiting = 0;
    for (const [node, text] of this.texts) {
      if (node.isConnected) waiting += text.length - node.data.length;
      else this.texts.delete(node);
    }
    let count = revealCount(
      waiting,
      Math.max(1, now - this.last),
      this.deadline - now,
    );
    this.last = now;
    for (const [node, text] of this.texts) {
      const from = node.data.length;
      let to = Math.min(text.length, from + count);
      count -= to - from;
      if (whole(text, to) !== to) to += 1;
      node.appendData(text.slice(from, to));
      if (to === text.length) this.texts.delete(node);
      if (count <= 0) break;
    }
    if (!this.texts.size) this.rest();
  }

  rest() {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  finish() {
    this.rest();
    for (const [node, text] of this.texts) {
      if (node.data.length < text.length) {
        node.appendData(text.slice(node.data.length));
      }
    }
    this.texts.clear();
  }
}

// ---- blocks -------------------------------------------------------------------------------------

/** The document: blocks by key, changed in place so that what did not change is not touched. */
export class Blocks {
  /**
   * @param {HTMLElement} root
   * @param {(place: HTMLElement, id: string) => void} mount puts a slot's element into its place
   * @param {{ set(node: Text, text: string, show: number): void }} reveal
   */
  constructor(root, mount, reveal) {
    this.root = root;
    this.mount = mount;
    this.reveal = reveal;
    /** @type {Map<number, HTMLElement>} */
    this.byKey = new Map();
  }

  /**
   * @param {Op[]} ops
   * @param {boolean} all whether the ops are the whole document
   */
  apply(ops, all) {
    /** @type {Map<number, number>} containers that were opened, and how many parts came for each */
    const opened = new Map();
    /** @type {Set<number>} */
    const seen = new Set();
    /** @type {Set<HTMLElement>} */
    const changed = new Set();
    for (const op of ops) {
      if (op.op === "put" || op.op === "open") {
        seen.add(op.key);
        const block = this.block(op.key);
        this.children(block, parse(op.html), op.op === "open");
        if (op.op === "open") opened.set(op.key, 0);
        else opened.delete(op.key);
        changed.add(block);
      } else if (op.op === "part") {
        const parts = this.parts(op.key);
        const next = parse(op.html).firstElementChild;
        if (!parts || !next) continue;
        const old = parts.children[op.index];
        const part = old
          ? this.node(old, next, false)
          : parts.appendChild(this.fresh(next));
        if (opened.has(op.key)) opened.set(op.key, op.index + 1);
        changed.add(/** @type {HTMLElement} */ (part));
      } else if (op.op === "cut") {
        this.trim(op.key, op.count);
        if (opened.has(op.key)) opened.set(op.key, op.count);
      } else {
        for (const key of [...this.byKey.keys()]) {
          if (key >= op.key) this.drop(key);
        }
      }
    }
    for (const [key, count] of opened) this.trim(key, count);
    if (all) {
      for (const key of [...this.byKey.keys()]) {
        if (!seen.has(key)) this.drop(key);
      }
    }
    for (const node of changed) this.slots(node);
  }

  /** @param {number} key */
  block(key) {
    const known = this.byKey.get(key);
    if (known) return known;
    const block = make("div", "nbkit-block");
    let next = null;
    for (const [other, node] of this.byKey) {
      if (other > key && (next === null || other < next.key)) {
        next = { key: other, node };
      }
    }
    this.root.insertBefore(block, next?.node ?? null);
    this.byKey.set(key, block);
    return block;
  }

  /** @param {number} key */
  parts(key) {
    return this.byKey.get(key)?.querySelector(".nbkit-parts") ?? null;
  }

  /**
   * @param {number} key
   * @param {number} count
   */
  trim(key, count) {
    const parts = this.parts(key);
    while (parts && parts.children.length > count) {
      parts.lastElementChild?.remove();
    }
  }

  /** @param {number} key */
  drop(key) {
    this.byKey.get(key)?.remove();
    this.byKey.delete(key);
  }

  /** @param {HTMLElement} within */
  slots(within) {
    const places = placesIn(within);
    if (slotAt(within) !== null) places.push(within);
    for (const place of places) {
      this.mount(place, place.dataset.nbkitSlot ?? "");
    }
  }

  /**
   * Make the children of `old` what those of `next` are, keeping every node that can stay.
   * @param {Node} old
   * @param {Node} next
   * @param {boolean} shell whether the parts within `old` are to stay as they are
   */
  children(old, next, shell) {
    let here = old.firstChild;
    for (const wanted of [...next.childNodes]) {
      if (here) here = this.node(here, wanted, shell).nextSibling;
      else old.appendChild(this.fresh(wanted));
    }
    while (here) {
      const after = here.nextSibling;
      here.parentNode?.removeChild(here);
      here = after;
    }
  }

  /**
   * @param {ChildNode} old
   * @param {ChildNode} next
   * @param {boolean} shell
   * @returns {ChildNode} the node that stands there now
   */
  node(old, next, shell) {
    if (old instanceof Text && next instanceof Text) {
      this.text(old, next.data);
      return old;
    }
    if (
      old instanceof Element && next instanceof Element &&
      old.nodeName === next.nodeName &&
      slotAt(old) === slotAt(next)
    ) {
      if (slotAt(old) !== null) {
        old.className = next.className;
        return old;
      }
      for (const { name } of [...old.attributes]) {
        if (!next.hasAttribute(name)) old.removeAttribute(name);
      }
      for (const { name, value } of next.attributes) {
        if (old.getAttribute(name) !== value) old.setAttribute(name, value);
      }
      if (!(shell && old.classList.contains("nbkit-parts"))) {
        this.children(old, next, shell);
      }
      return old;
    }
    const fresh = this.fresh(next);
    old.replaceWith(fresh);
    return fresh;
  }

  /**
   * @template {Node} T
   * @param {T} node that is about to be shown for the first time
   * @returns {T}
   */
  fresh(node) {
    if (node instanceof Text) {
      const text = node.data;
      node.data = "";
      this.text(node, text);
    } else if (!(node instanceof Element && node.matches(AT_ONCE))) {
      for (const child of node.childNodes) this.fresh(child);
    }
    return node;
  }

  /**
   * @param {Text} node
   * @param {string} text
   */
  text(node, text) {
    const smooth = text.trim() && !node.parentElement?.closest(AT_ONCE);
    this.reveal.set(node, text, smooth ? 0 : text.length);
  }
}

// ---- the view -----------------------------------------------------------------------------------

/**
 * The fixed parts of a view.
 * @param {(name: CommandName, button: HTMLButtonElement) => void} command
 */
function layout(command) {
  const control = (
    /** @type {string} */ text,
    /** @type {() => CommandName} */ name,
  ) => {
    const node = button("nbkit-button", text, () => command(name(), node));
    return node;
  };
  const word = make("span", "nbkit-state");
  const time = make("span", "nbkit-time");
  const images = make("span", "nbkit-images");
  const failed = make("span", "nbkit-failed");
  const paused = make("span", "nbkit-paused");
  const note = make("span", "nbkit-note");
  const stop = control("Stop", () => "cancel");
  const pause = control(
    "Pause",
    () => pause.dataset.name === "resume" ? "resume" : "pause",
  );
  const retry = control("Retry failed", () => "retry_failed");
  const buttons = make("div", "nbkit-buttons", stop, pause, retry);
  buttons.setAttribute("role", "group");
  buttons.setAttribute("aria-label", "Controls");
  const facts = make(
    "div",
    "nbkit-facts",
    word,
    time,
    images,
    failed,
    paused,
    note,
  );
  const error = make("div", "nbkit-error");
  const remark = make("div", "nbkit-remark");
  const story = make("div", "nbkit-story");
  const scroll = make("div", "nbkit-scroll", story);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Reply");
  // JupyterLab would take the arrow and page keys of a reader in here for the notebook's.
  scroll.dataset.lmSuppressShortcuts = "true";
  const toEnd = make("button", "nbkit-button nbkit-to-end", "To the end ↓");
  toEnd.type = "button";
  const live = make("div", "nbkit-live");
  live.setAttribute("role", "status");
  const root = make(
    "section",
    "nbkit-preview",
    make("div", "nbkit-header", facts, buttons),
    error,
    remark,
    make("div", "nbkit-body", scroll, toEnd),
    live,
  );
  root.setAttribute("aria-label", "Illustrated reply");
  return {
    root,
    word,
    time,
    images,
    failed,
    paused,
    note,
    stop,
    pause,
    retry,
    error,
    remark,
    story,
    scroll,
    toEnd,
    live,
  };
}

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
    /** @type {Connection} */
    this.connection = "connecting";
    /** @type {Header | null} */
    this.header = null;
    this.headerAt = 0;
    // An empty view has everything up to the first frame.
    this.seq = 0;
    this.awaiting = false;
    this.behind = false;
    this.asked = 0;
    this.askedAt = 0;
    this.fresh = true;
    this.following = true;
    this.top = 0;
    this.commands = 0;
    /** @type {Map<number, { at: number, button?: HTMLElement, quiet?: boolean, done?: Done }>} */
    this.pending = new Map();
    this.touched = performance.now();
    this.told = { idle: false, hidden: false };
    /** @type {{ at: number, timer: ReturnType<typeof setTimeout> | undefined, text: string }} */
    this.spoken = { at: -Infinity, timer: undefined, text: "" };
    /** @type {Map<string, SlotView>} */
    this.slots = new Map();
    /** @type {Lightbox | null} */
    this.lightbox = null;
    this.clicked = false;

    this.ui = layout((name, button) => this.command(name, null, { button }));
    el.append(this.ui.root);
    this.reveal = new Reveal(signal);
    this.blocks = new Blocks(
      this.ui.story,
      (place, id) => {
        const slot = this.slot(id).el;
        if (place.firstChild !== slot) place.replaceChildren(slot);
      },
      this.reveal,
    );
    this.listen();
    this.paint();
    this.awaiting = true;
    for (const [frame, buffers] of log.frames ?? []) this.hear(frame, buffers);
    this.ask(this.seq);
  }

  listen() {
    const { signal, model } = this;
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
      clearTimeout(this.spoken.timer);
      for (const slot of this.slots.values()) slot.dispose();
      this.ui.root.remove();
    });
    this.ui.scroll.addEventListener("scroll", () => {
      const { scrollTop: top, scrollHeight, clientHeight } = this.ui.scroll;
      const rest = scrollHeight - clientHeight - top;
      this.following = follows(this.following, { top, before: this.top, rest });
      this.top = top;
      this.paintFollow();
    }, { signal, passive: true });
    const touch = () => {
      this.touched = performance.now();
    };
    for (
      const event of [
        "pointerdown",
        "pointermove",
        "wheel",
        "keydown",
        "focusin",
      ]
    ) {
      this.ui.root.addEventListener(event, touch, { signal, passive: true });
    }
    handBackKeys(this.ui.root, signal);
    const sizes = new ResizeObserver(() => this.follow());
    sizes.observe(this.ui.story);
    sizes.observe(this.ui.scroll);
    signal.addEventListener("abort", () => sizes.disconnect());
    document.addEventListener("visibilitychange", () => this.tellHidden(), {
      signal,
    });
    globalThis.addEventListener("pagehide", () => this.tellHidden(true), {
      signal,
    });
    this.ui.toEnd.addEventListener("click", () => {
      this.following = true;
      this.follow();
      this.paintFollow();
      this.ui.scroll.focus({ preventScroll: true });
    });
    const ticking = setInterval(() => this.tick(), 250);
    signal.addEventListener("abort", () => clearInterval(ticking));
  }

  // -- to the kernel

  /** @param {ToKernel} message */
  send(message) {
    try {
      this.model.send(message);
    } catch (error) {
      console.warn("nbkit: the kernel cannot be reached", error);
      this.connection = "lost";
      this.paint();
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

  /** @param {boolean} [going] */
  tellHidden(going = document.hidden) {
    if (!going || this.told.hidden || !this.ended() || this.inUse()) return;
    this.told.hidden = true;
    this.send({ kind: "hidden", view: this.id });
  }

  ended() {
    return this.connection === "live" && this.header !== null &&
      this.header.status !== "running";
  }

  /** Whether somebody edits a prompt or looks at a picture: a static copy would take it away. */
  inUse() {
    return !!this.lightbox?.open ||
      [...this.slots.values()].some((slot) => slot.editing);
  }

  // -- from the kernel

  /**
   * @param {FromKernel} message
   * @param {Buffers} buffers
   */
  hear(message, buffers) {
    if (message.kind === "answer") {
      if (message.view === this.id) this.answered(message, buffers);
    } else if (message.kind === "snapshot") {
      if (message.view === this.id) this.show(message, buffers, true);
    } else {
      const place = order(this.seq, message.seq);
      if (place === "next" && message.kind === "frame") {
        this.show(message, buffers, false);
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
  show(message, buffers, all) {
    const now = performance.now();
    const first = this.fresh;
    const before = this.header;
    const header = message.header ?? before;
    if (header === null) return;
    this.seq = message.seq;
    if (all) {
      this.awaiting = this.behind = false;
      this.asked = 0;
    }
    const told = message.header !== null || message.slots.length > 0 ||
      this.connection !== "live";
    this.connection = "live";
    if (message.header) {
      this.header = message.header;
      this.headerAt = now;
    }
    const focused = this.focused();
    let complete = true;
    for (const slot of message.slots) {
      complete = this.slot(slot.id).update(slot, buffers, now) && complete;
    }
    if (message.ops) this.blocks.apply(message.ops, all);
    this.reveal.play(!all);
    if (first) {
      this.fresh = false;
      // Who opens a finished reply wants to read it from its beginning.
      this.following = header.status === "running";
    } else {
      this.speak(announcement(before, header));
    }
    if (header.status === "running") {
      this.told = { idle: false, hidden: false };
    } else if (before?.status === "running") this.touched = now;
    if (told) this.paint();
    this.keepFocus(focused);
    this.tellHidden();
    if (!complete && !this.awaiting) this.ask();
  }

  /**
   * @param {Answer} answer
   * @param {Buffers} buffers
   */
  answered({ id, error, picture }, buffers) {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    pending?.button?.removeAttribute("aria-busy");
    const focused = this.focused();
    pending?.done?.(error, picture, buffers);
    this.keepFocus(focused);
    if (pending?.quiet) return;
    say(this.ui.note, error ?? "");
    if (error) this.speak(error);
  }

  checkAlive() {
    // ipywidgets marks the element of a view whose comm is gone; other hosts only say that it changed.
    this.connection = this.host.closest(".jupyter-widgets-disconnected")
      ? "lost"
      : "silent";
    this.paint();
    if (this.connection !== "lost") this.ask();
  }

  /** @param {string} id */
  slot(id) {
    let slot = this.slots.get(id);
    if (!slot) {
      slot = new SlotView({
        command: (name, which, more) => this.command(name, which, more),
        open: (which, event) => this.open(which, event),
        decoded: () => this.lightbox?.update(),
      }, id);
      this.slots.set(id, slot);
    }
    return slot;
  }

  /** @returns {SlotView[]} those that have a picture, in text order */
  pictures() {
    return placesIn(this.ui.story)
      .map((place) => this.slots.get(slotAt(place) ?? ""))
      .filter((slot) => slot !== undefined)
      .filter((slot) => slot.picture.shown !== "");
  }

  /**
   * Show a picture in full.
   * @param {string} id
   * @param {Event} event
   */
  open(id, event) {
    this.lightbox ??= new Lightbox(
      {
        slots: () => this.pictures(),
        original: (slot, version, done) =>
          this.command("original", slot, {
            details: { version },
            quiet: true,
            done,
          }),
        lost: () => this.connection === "lost",
        closed: () => {
          this.touched = performance.now();
          if (this.clicked) leave(this.ui.root);
          this.tellHidden();
        },
      },
      this.ui.root,
      this.signal,
    );
    this.clicked = event instanceof MouseEvent && event.detail > 0;
    this.lightbox.show(this.slot(id));
  }

  // -- to the eye and ear

  paint() {
    const { state, word } = stateOf(this.header, this.connection);
    this.ui.root.dataset.state = state;
    say(this.ui.word, word);
    const counts = this.header
      ? countsOf(this.header)
      : { images: "", failed: "", paused: "" };
    say(this.ui.images, counts.images);
    say(this.ui.failed, counts.failed);
    say(this.ui.paused, counts.paused);
    const error = this.header?.error ?? "";
    say(this.ui.error, error);
    this.ui.error.hidden = !error;
    const remark = this.header?.remark ?? "";
    say(this.ui.remark, remark);
    this.ui.remark.hidden = !remark;
    const slots = [...this.slots.values()];
    const failed = slots.some(({ slot }) => slot?.status === "failed");
    const can = usable(this.header, this.connection, failed);
    const focused = this.focused();
    this.ui.stop.disabled = !can.stop;
    this.ui.pause.disabled = !can.pause;
    this.ui.retry.disabled = !can.retry;
    const resume = can.pause && this.header?.paused;
    say(this.ui.pause, resume ? "Resume" : "Pause");
    this.ui.pause.dataset.name = resume ? "resume" : "pause";
    const lost = this.connection === "lost";
    for (const slot of slots) {
      if (slot.lost !== lost) slot.connect(lost);
    }
    this.keepFocus(focused);
    this.lightbox?.update();
    this.paintTime();
    this.paintFollow();
  }

  /** @returns {HTMLElement | null} what has the keys in this view */
  focused() {
    const active = document.activeElement;
    return active instanceof HTMLElement && this.ui.root.contains(active)
      ? active
      : null;
  }

  /**
   * Keep the keys in the view where what had them was moved with its place, or can have them no more.
   * @param {HTMLElement | null} focused
   */
  keepFocus(focused) {
    if (!focused) return;
    const active = document.activeElement;
    if (active !== focused && active !== document.body) return;
    const usable = this.ui.root.contains(focused) &&
      focused.getClientRects().length > 0 &&
      !(focused instanceof HTMLButtonElement && focused.disabled);
    if (!usable) this.ui.scroll.focus({ preventScroll: true });
    else if (active !== focused) focused.focus({ preventScroll: true });
  }

  paintTime() {
    if (!this.header) return;
    const running = this.header.status === "running" &&
      this.connection === "live";
    const passed = running ? (performance.now() - this.headerAt) / 1000 : 0;
    say(this.ui.time, clock(this.header.elapsed + passed));
  }

  paintFollow() {
    this.ui.toEnd.hidden = this.following || this.header?.status !== "running";
    this.ui.scroll.classList.toggle("nbkit-following", this.following);
  }

  follow() {
    if (!this.following) return;
    this.ui.scroll.scrollTop = this.ui.scroll.scrollHeight;
    this.top = this.ui.scroll.scrollTop;
  }

  /** @param {string} text */
  speak(text) {
    if (!text) return;
    this.spoken.text = text;
    clearTimeout(this.spoken.timer);
    this.spoken.timer = setTimeout(() => {
      this.spoken.at = performance.now();
      this.ui.live.textContent = this.spoken.text;
    }, Math.max(0, this.spoken.at + SPEAK_MS - performance.now()));
  }

  tick() {
    const now = performance.now();
    if (
      this.awaiting && (this.fresh || this.behind) &&
      this.connection !== "lost" && now - this.askedAt > ANSWER_MS
    ) {
      if (this.connection !== "silent") {
        this.connection = "silent";
        this.paint();
      }
      if (this.asked < ASK_AGAIN) this.ask();
    }
    for (const { at, quiet } of this.pending.values()) {
      if (!quiet && now - at > ANSWER_MS && !this.ui.note.textContent) {
        say(this.ui.note, "The kernel is busy: it will act when it is free");
      }
    }
    if (document.hidden) return;
    this.paintTime();
    if (this.connection === "live") {
      for (const slot of this.slots.values()) {
        if (slot.slot?.remaining != null) slot.tick(now);
      }
    }
    const watched = this.inUse() ||
      this.ui.root.contains(document.activeElement) ||
      this.ui.root.matches(":hover");
    if (watched) this.touched = now;
    if (this.ended() && !this.told.idle && now - this.touched > IDLE_MS) {
      this.told.idle = true;
      this.send({ kind: "idle", view: this.id });
    }
  }
}

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
