// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { holds, keep, revisionOf } from "./copies.js";
import { Watch } from "./page_watch.js";
import { LIVE, Stand } from "./stand.js";
import { unpack } from "./unpack.js";

/**
 * Live views in static outputs. What a notebook saves of an output that shows a widget is the widget's
 * name, and without its kernel that is "model not found". So the output is plain HTML, the story as
 * far as it had come, and this module puts the live view beside it for as long as there is one, and
 * the HTML out of sight. The notebook knows nothing of that, and saves the HTML.
 *
 * @typedef {import("./copies.js").Outputs} Outputs
 * @typedef {import("./stand.js").WidgetView} WidgetView
 *
 * Messages, mirrored in `nbkit/widgets/places.py`:
 *
 * @typedef {{ kind: "ping" | "over" }
 *   | { kind: "keep", copies: Record<string, { html: string, text: string }> }} FromKernel
 * @typedef {{ kind: "here", page: string, asked: boolean, revisions: Record<string, number>,
 *   keeps: string[] }} ToKernel
 *
 * @typedef {object} Manager what JupyterLab's widget manager can do
 * @property {(id: string) => Promise<any>} get_model
 * @property {(model: any) => Promise<WidgetView>} create_view
 * @property {{ model?: { cells?: Iterable<{ outputs?: Outputs }> } }} [context]
 *
 * @typedef {object} Model
 * @property {(name: string) => any} get
 * @property {(content: ToKernel) => void} send
 * @property {(event: string, handler: (...args: any[]) => void) => void} on
 * @property {(event: string, handler: (...args: any[]) => void) => void} off
 * @property {Manager} widget_manager
 */

/** How often a view is tried to be made, and the pause between, in ms. */
const TRIES = 5;
const TRY_MS = 300;

/** A view that is not made by then, in ms, keeps the HTML out of sight no longer. */
const HIDDEN_MS = 3000;

/** The places of one display, each with the model that is shown there. */
class Places {
  /**
   * @param {Model} model
   * @param {AbortSignal} signal
   */
  constructor(model, signal) {
    this.model = model;
    this.signal = signal;
    /** @type {Record<string, string>} */
    this.names = model.get("places");
    /** @type {Map<HTMLElement, Stand>} */
    this.stands = new Map();
    /** @type {Record<string, number>} */
    this.revisions = {};
    this.id = crypto.randomUUID?.() ?? String(Math.random());
    this.saying = false;
    this.over = false;
    /** Outputs whose view is being made, or could not be. @type {WeakSet<HTMLElement>} */
    this.coming = new WeakSet();
    const watch = Watch.get();
    watch.add(this);
    const heard = (
      /** @type {FromKernel} */ message,
      /** @type {import("./unpack.js").Buffers} */ buffers,
    ) => this.hear(unpack(message, buffers));
    model.on("msg:custom", heard);
    signal.addEventListener("abort", () => {
      watch.delete(this);
      model.off("msg:custom", heard);
      this.clear();
    });
    for (const name of Object.keys(this.names)) {
      for (const node of document.querySelectorAll(`.${name}`)) {
        this.found(name, node);
      }
    }
  }

  clear() {
    for (const stand of this.stands.values()) stand.remove();
    this.stands.clear();
  }

  /** Let go of views whose outputs are gone; a cell that is only out of sight keeps its own. */
  prune() {
    for (const [output, stand] of this.stands) {
      if (output.isConnected || output.closest(".jp-Cell")) continue;
      stand.remove();
      this.stands.delete(output);
    }
  }

  /**
   * @param {string} name
   * @param {Element} node
   */
  found(name, node) {
    this.got(name, revisionOf(node.className));
    if (this.over) return;
    const output = node.closest(".jp-OutputArea-output") ?? node;
    if (!(output instanceof HTMLElement)) return;
    const stand = this.stands.get(output);
    if (stand) stand.put(node);
    else this.show(name, output, node);
  }

  /**
   * @param {string} name
   * @param {number} revision
   */
  got(name, revision) {
    if (revision <= (this.revisions[name] ?? 0)) return;
    this.revisions[name] = revision;
    if (this.saying) return;
    this.saying = true;
    queueMicrotask(() => {
      if (!this.signal.aborted) this.say(false);
      this.saying = false;
    });
  }

  /** @returns {Iterable<{ outputs?: Outputs }>} what the notebook keeps */
  cells() {
    return this.model.widget_manager.context?.model?.cells ?? [];
  }

  /**
   * @param {string} name
   * @param {HTMLElement} output
   * @param {Element} copy
   */
  async show(name, output, copy) {
    // A console of the same kernel knows the place as well: one view is enough.
    if (this.coming.has(output) || LIVE in output.dataset) return;
    this.coming.add(output);
    output.dataset[LIVE] = "";
    output.style.display = "none";
    const late = setTimeout(() => output.style.display = "", HIDDEN_MS);
    const view = await this.view(name, output);
    clearTimeout(late);
    output.style.display = "";
    delete output.dataset[LIVE];
    if (view === null) return;
    this.coming.delete(output);
    if (this.signal.aborted || this.over) view.remove();
    else {
      this.stands.set(output, new Stand(output, copy, view));
      this.prune();
    }
  }

  /**
   * Make a view. While a page is loaded, its model may not be there yet; of a session that has been
   * frozen there is none, and its copy stays.
   * @param {string} name
   * @param {HTMLElement} output
   */
  async view(name, output) {
    const manager = this.model.widget_manager;
    for (let tries = TRIES; tries && !this.signal.aborted; tries--) {
      try {
        const model = await manager.get_model(this.names[name]);
        return await manager.create_view(model);
      } catch (error) {
        console.debug("nbkit: there is no view to show", error);
        output.style.display = "";
        await new Promise((again) => setTimeout(again, TRY_MS));
      }
    }
    return null;
  }

  /** @param {boolean} asked */
  say(asked) {
    const { id: page, revisions } = this;
    const keeps = Object.keys(revisions).filter((name) =>
      holds(this.cells(), name)
    );
    try {
      this.model.send({ kind: "here", page, asked, revisions, keeps });
    } catch (error) {
      console.warn("nbkit: the kernel cannot be reached", error);
    }
  }

  /** @param {FromKernel} message */
  hear(message) {
    if (message.kind === "ping") this.say(true);
    else if (message.kind === "over") {
      this.over = true;
      this.clear();
    } else if (message.kind === "keep") {
      for (const [place, copy] of Object.entries(message.copies)) {
        keep(this.cells(), place, copy);
        // Said also where no output is left, or none in sight: nothing older remains there.
        this.got(place, revisionOf(copy.html));
      }
    }
  }
}

export default {
  /** @param {{ model: Model, signal?: AbortSignal }} context */
  initialize({ model, signal }) {
    // Older hosts pass no signal and call what is returned instead.
    const own = new AbortController();
    signal?.addEventListener("abort", () => own.abort(), { once: true });
    new Places(model, own.signal);
    return () => own.abort();
  },
  render() {},
};
