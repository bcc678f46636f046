// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * The view of a streamed reply. The kernel sends sanitised blocks of HTML and the states of the image
 * slots in them; this module puts both in place, keeps the end in view, and sends clicks back.
 *
 * Messages, mirrored in `nbkit/widgets/messages.py`:
 *
 * @typedef {{ op: "put", key: number, html: string }
 *   | { op: "open", key: number, html: string }
 *   | { op: "part", key: number, index: number, html: string }
 *   | { op: "cut", key: number, count: number }
 *   | { op: "drop", key: number }} Op
 *
 * @typedef {"queued" | "waiting" | "running" | "retrying" | "succeeded" | "failed" | "cancelled" | "skipped"} SlotStatus
 *
 * @typedef {{ version: number, type: string, width: number, height: number, buffer: number | null }} Picture
 *   `buffer` is the place among the message's buffers, null where the picture was sent before.
 *
 * @typedef {object} Slot
 * @property {string} id
 * @property {SlotStatus} status
 * @property {string} prompt
 * @property {string} reason
 * @property {number | null} remaining seconds left of a wait as the message was sent
 * @property {number} attempt
 * @property {number | null} max_attempts
 * @property {number | null} fraction
 * @property {number | null} step
 * @property {number | null} steps
 * @property {string | null} error
 * @property {number} width
 * @property {number} height
 * @property {Picture | null} image
 * @property {Picture | null} preview
 *
 * @typedef {object} Counts
 * @property {number} queued
 * @property {number} waiting
 * @property {number} running
 * @property {number} retrying
 * @property {number} succeeded
 * @property {number} failed
 * @property {number} cancelled
 * @property {number} total
 *
 * @typedef {object} Header
 * @property {"running" | "completed" | "cancelled" | "failed"} status
 * @property {boolean} writing whether text is still to come
 * @property {boolean} paused
 * @property {number} elapsed seconds
 * @property {string | null} error
 * @property {Counts} counts
 *
 * @typedef {{ kind: "frame", seq: number, header: Header, ops: Op[], slots: Slot[] }} Frame
 * @typedef {{ kind: "snapshot", view: string, seq: number, header: Header, ops: Op[], slots: Slot[] }} Snapshot
 * @typedef {{ kind: "check", seq: number }} Check
 * @typedef {{ kind: "answer", view: string, id: number, error: string | null }} Answer
 * @typedef {Frame | Snapshot | Check | Answer} FromKernel
 *
 * @typedef {"cancel" | "pause" | "resume" | "retry" | "retry_failed" | "generate"} CommandName
 * @typedef {{ kind: "ready" | "idle" | "hidden", view: string }
 *   | { kind: "command", view: string, id: number, name: CommandName, slot: string | null }} ToKernel
 *
 * @typedef {object} Model what a host gives to anywidget's `render`
 * @property {(content: ToKernel) => void} send
 * @property {(event: string, handler: (...args: any[]) => void) => void} on
 * @property {(event: string, handler: (...args: any[]) => void) => void} off
 *
 * @typedef {(DataView | ArrayBuffer | Uint8Array)[]} Buffers
 * @typedef {"connecting" | "silent" | "live" | "lost"} Connection
 */

/** Text that came in one frame is on the screen after this many ms, as the next frame arrives. */
const REVEAL_MS = 110;
/** More text than this at once is not being written, it is being restored. */
const REVEAL_MOST = 1500;
/** How near the end, in pixels, counts as the end. */
const SLACK = 32;
/** A kernel that has not answered for so long is busy, or gone. */
const ANSWER_MS = 3000;
/** How many frames are kept for a view that cannot ask for a snapshot. */
const LOG_MOST = 600;
/** How often a view asks again for its first snapshot. */
const ASK_AGAIN = 3;
/** Nobody has touched a view for this long: it may be frozen. */
const IDLE_MS = 20_000;
/** Text in these is shown at once: their columns and glyphs would jump with every character. */
const AT_ONCE = "table, tr, math, svg";
/** The live region speaks at most this often. */
const SPEAK_MS = 2000;

const BLOCKS = /^(P|LI|TD|TH|DIV|H[1-6]|BLOCKQUOTE)$/;
const PICTURE_TYPES = /^image\/(png|jpeg|webp|gif)$/;

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
 * The whole seconds left of `remaining`, which was true `passed` seconds ago.
 * @param {number | null} remaining
 * @param {number} passed
 * @returns {number | null}
 */
export function left(remaining, passed) {
  return remaining === null ? null : Math.max(0, Math.ceil(remaining - passed));
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
 */
export function usable(header, connection) {
  const here = header !== null && connection !== "lost";
  const running = here && header.status === "running";
  return {
    stop: running,
    pause: running,
    retry: here && header.counts.failed > 0,
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
 * What a slot without its image says: a word, the rest of the line, and the button it offers.
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
      return { word: "Failed", detail: slot.error ?? "", action: "Retry" };
    case "cancelled":
      return { word: "Cancelled", detail: slot.reason, action: "" };
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
 * @param {Node} node
 * @param {string} text
 */
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
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

/**
 * @param {Buffers[number] | undefined} buffer
 * @param {string} type
 * @returns {string} an address to revoke when the picture goes
 */
function address(buffer, type) {
  const known = buffer !== undefined && PICTURE_TYPES.test(type);
  const bytes = /** @type {BlobPart[]} */ (known ? [buffer] : []);
  return URL.createObjectURL(new Blob(bytes, { type }));
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
    this.frame = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
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
    if (!this.frame) {
      this.last = now;
      this.frame = requestAnimationFrame(this.step);
    }
    // A page that is not painted gets no animation frames.
    clearTimeout(this.timer);
    this.timer = setTimeout(this.finish, 3 * REVEAL_MS);
  }

  /** @param {number} now */
  step(now) {
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
    this.frame = this.texts.size ? requestAnimationFrame(this.step) : 0;
  }

  finish() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = 0;
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

// ---- slots --------------------------------------------------------------------------------------

/** One `<img>`: each picture is decoded before it is shown, and its address let go afterwards. */
class PictureView {
  /**
   * @param {string} className
   * @param {() => void} changed
   */
  constructor(className, changed) {
    this.changed = changed;
    this.img = make("img", className);
    this.img.alt = "";
    this.img.hidden = true;
    this.version = 0;
    this.wanted = "";
    this.shown = "";
    this.broken = false;
  }

  /**
   * @param {Picture} picture
   * @param {Buffers} buffers
   * @returns {boolean} false for a picture that should be here and is not
   */
  load(picture, buffers) {
    if (picture.version === this.version) return true;
    if (picture.buffer === null) return false;
    const url = address(buffers[picture.buffer], picture.type);
    this.version = picture.version;
    this.wanted = url;
    const loading = new Image();
    loading.src = url;
    loading.decode().then(() => true, () => false).then((good) => {
      if (this.wanted !== url || !good) {
        URL.revokeObjectURL(url);
        this.broken = this.broken || this.wanted === url;
      } else {
        URL.revokeObjectURL(this.shown);
        this.img.src = this.shown = url;
        this.broken = false;
      }
      this.changed();
    });
    return true;
  }

  clear() {
    URL.revokeObjectURL(this.shown);
    this.img.removeAttribute("src");
    this.wanted = this.shown = "";
    this.version = 0;
  }
}

/** The element of one image, made once and moved to wherever its place in the text is. */
class SlotView {
  /**
   * @param {(name: CommandName, slot: string) => void} command
   * @param {string} id
   */
  constructor(command, id) {
    /** @type {Slot | null} */
    this.slot = null;
    this.since = 0;
    const changed = () => this.tick(performance.now());
    this.sketch = new PictureView("nbkit-sketch", changed);
    this.picture = new PictureView("nbkit-picture", changed);
    this.prompt = make("span", "nbkit-prompt");
    this.word = make("span", "nbkit-word", "In the queue");
    this.detail = make("span", "nbkit-detail");
    this.bar = make("progress", "nbkit-bar");
    this.bar.hidden = true;
    this.button = make("button", "nbkit-button");
    this.button.type = "button";
    this.button.hidden = true;
    this.button.dataset.lmSuppressShortcuts = "true";
    this.button.addEventListener("click", () => {
      command(this.slot?.status === "skipped" ? "generate" : "retry", id);
    });
    this.cover = make(
      "span",
      "nbkit-cover",
      this.prompt,
      make("span", "nbkit-status", this.word, this.detail),
      this.bar,
      this.button,
    );
    this.el = make("span", "nbkit-box");
    this.el.append(this.sketch.img, this.picture.img, this.cover);
    this.el.setAttribute("role", "group");
    this.el.dataset.state = "queued";
  }

  /**
   * @param {Slot} slot
   * @param {Buffers} buffers
   * @param {number} now in ms
   * @returns {boolean} false for a picture that should be here and is not
   */
  update(slot, buffers, now) {
    this.slot = slot;
    this.since = now;
    this.el.title = slot.prompt;
    this.el.setAttribute("aria-label", `Image: ${slot.prompt}`);
    this.picture.img.alt = slot.prompt;
    say(this.prompt, slot.prompt);
    const size = slot.image ?? slot.preview ?? slot;
    if (size.width > 0 && size.height > 0) {
      this.el.style.setProperty(
        "--nbkit-ratio",
        `${size.width} / ${size.height}`,
      );
    }
    let whole = true;
    if (slot.image) whole = this.picture.load(slot.image, buffers);
    if (slot.preview) {
      whole = this.sketch.load(slot.preview, buffers) && whole;
      const blur = 10 * (1 - (slot.fraction ?? 0.3));
      this.sketch.img.style.setProperty("--nbkit-blur", `${blur.toFixed(1)}px`);
    } else if (slot.status !== "succeeded") this.sketch.clear();
    if (slot.fraction) this.bar.value = slot.fraction;
    else this.bar.removeAttribute("value");
    this.tick(now);
    return whole;
  }

  /** @param {number} now in ms */
  tick(now) {
    if (!this.slot) return;
    const passed = (now - this.since) / 1000;
    const { word, detail, action } = slotText(
      this.slot,
      left(this.slot.remaining, passed),
    );
    say(this.word, this.picture.broken ? "The picture cannot be shown" : word);
    say(this.detail, detail);
    say(this.button, action);
    this.button.hidden = !action;
    if (action) {
      this.button.setAttribute("aria-label", `${action}: ${this.slot.prompt}`);
    }
    this.show();
  }

  show() {
    if (!this.slot) return;
    const { status } = this.slot;
    const done = status === "succeeded" && this.picture.shown !== "";
    if (done) this.sketch.clear();
    this.el.dataset.state = status === "succeeded" && !done
      ? "loading"
      : status;
    this.picture.img.hidden = !this.picture.shown;
    this.sketch.img.hidden = !this.sketch.shown;
    this.cover.hidden = done;
    this.bar.hidden = status !== "running";
  }

  dispose() {
    this.sketch.clear();
    this.picture.clear();
  }
}

// ---- the view -----------------------------------------------------------------------------------

/**
 * The fixed parts of a view.
 * @param {(name: CommandName, button: HTMLButtonElement) => void} command
 */
function layout(command) {
  const button = (
    /** @type {string} */ text,
    /** @type {() => CommandName} */ name,
  ) => {
    const node = make("button", "nbkit-button", text);
    node.type = "button";
    node.dataset.lmSuppressShortcuts = "true";
    node.addEventListener("click", () => command(name(), node));
    return node;
  };
  const word = make("span", "nbkit-state");
  const time = make("span", "nbkit-time");
  const images = make("span", "nbkit-images");
  const failed = make("span", "nbkit-failed");
  const paused = make("span", "nbkit-paused");
  const note = make("span", "nbkit-note");
  const stop = button("Stop", () => "cancel");
  const pause = button(
    "Pause",
    () => pause.dataset.name === "resume" ? "resume" : "pause",
  );
  const retry = button("Retry failed", () => "retry_failed");
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
    /** @type {Map<number, { button: HTMLButtonElement | null, at: number }>} */
    this.pending = new Map();
    this.touched = performance.now();
    this.told = { idle: false, hidden: false };
    /** @type {{ at: number, timer: ReturnType<typeof setTimeout> | undefined, text: string }} */
    this.spoken = { at: -Infinity, timer: undefined, text: "" };
    /** @type {Map<string, SlotView>} */
    this.slots = new Map();

    this.ui = layout((name, button) => this.command(name, null, button));
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
    this.ask();
    for (const [frame, buffers] of log.frames ?? []) this.hear(frame, buffers);
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

  ask() {
    this.awaiting = true;
    this.asked += 1;
    this.askedAt = performance.now();
    this.send({ kind: "ready", view: this.id });
  }

  /**
   * @param {CommandName} name
   * @param {string | null} slot
   * @param {HTMLButtonElement | null} button
   */
  command(name, slot, button) {
    const id = ++this.commands;
    this.pending.set(id, { button, at: performance.now() });
    button?.setAttribute("aria-busy", "true");
    this.send({ kind: "command", view: this.id, id, name, slot });
  }

  /** @param {boolean} [going] */
  tellHidden(going = document.hidden) {
    if (!going || this.told.hidden || !this.ended()) return;
    this.told.hidden = true;
    this.send({ kind: "hidden", view: this.id });
  }

  ended() {
    return this.connection === "live" && this.header !== null &&
      this.header.status !== "running";
  }

  // -- from the kernel

  /**
   * @param {FromKernel} message
   * @param {Buffers} buffers
   */
  hear(message, buffers) {
    if (message.kind === "answer") {
      if (message.view === this.id) this.answered(message);
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
    this.seq = message.seq;
    if (all) {
      this.awaiting = this.behind = false;
      this.asked = 0;
    }
    this.connection = "live";
    this.header = message.header;
    this.headerAt = now;
    let complete = true;
    for (const slot of message.slots) {
      complete = this.slot(slot.id).update(slot, buffers, now) && complete;
    }
    this.blocks.apply(message.ops, all);
    this.reveal.play(!all);
    if (first) {
      this.fresh = false;
      // Who opens a finished reply wants to read it from its beginning.
      this.following = message.header.status === "running";
    } else {
      this.speak(announcement(before, message.header));
    }
    if (message.header.status === "running") {
      this.told = { idle: false, hidden: false };
    } else if (before?.status === "running") this.touched = now;
    this.paint();
    this.tellHidden();
    if (!complete && !this.awaiting) this.ask();
  }

  /** @param {Answer} answer */
  answered({ id, error }) {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    pending?.button?.removeAttribute("aria-busy");
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
      slot = new SlotView((name, which) => this.command(name, which, null), id);
      this.slots.set(id, slot);
    }
    return slot;
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
    const can = usable(this.header, this.connection);
    const focused = document.activeElement;
    this.ui.stop.disabled = !can.stop;
    this.ui.pause.disabled = !can.pause;
    this.ui.retry.disabled = !can.retry;
    const resume = can.pause && this.header?.paused;
    say(this.ui.pause, resume ? "Resume" : "Pause");
    this.ui.pause.dataset.name = resume ? "resume" : "pause";
    if (
      focused instanceof HTMLButtonElement && focused.disabled &&
      this.ui.root.contains(focused)
    ) {
      this.ui.scroll.focus({ preventScroll: true });
    }
    for (const { button } of this.slots.values()) {
      button.disabled = this.connection === "lost";
    }
    this.paintTime();
    this.paintFollow();
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
    for (const { at } of this.pending.values()) {
      if (now - at > ANSWER_MS && !this.ui.note.textContent) {
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
    const watched = this.ui.root.contains(document.activeElement) ||
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
  }

  /**
   * @param {FromKernel} message
   * @param {Buffers} [buffers]
   */
  add(message, buffers = []) {
    if (message.kind === "snapshot") this.frames = null;
    if (message.kind !== "frame" || this.frames === null) return;
    const whole = message.seq === this.frames.length + 1 &&
      message.seq <= LOG_MOST;
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
