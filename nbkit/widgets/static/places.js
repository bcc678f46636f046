// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Live views in static outputs. What a notebook saves of an output that shows a widget is the widget's
 * name, and without its kernel that is "model not found". So the output is plain HTML, the story as
 * far as it had come, and this module puts the live view beside it for as long as there is one, and
 * the HTML out of sight. The notebook knows nothing of that, and saves the HTML.
 *
 * Messages, mirrored in `nbkit/widgets/places.py`:
 *
 * @typedef {{ kind: "ping" | "over" }
 *   | { kind: "keep", place: string, html: string, text: string }} FromKernel
 * @typedef {{ kind: "here", asked: boolean, revisions: Record<string, number> }} ToKernel
 *
 * @typedef {object} WidgetView
 * @property {HTMLElement} el
 * @property {() => void} remove
 * @property {(event: string) => void} trigger
 * @property {Promise<unknown>} [layoutPromise] settled once the view has its layout
 *
 * @typedef {object} Output one output of a cell, as JupyterLab's model has it
 * @property {Record<string, unknown>} data
 * @property {() => Record<string, unknown>} toJSON
 *
 * @typedef {{ length: number, get(index: number): Output, set(index: number, value: object): void }} Outputs
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

/** Marks, in an output's `dataset`, that a view stands for it or will. */
const LIVE = "nbkitLive";

/** What the HTML of any place is found by. */
const COPY = '[class*="nbkit-revision-"]';
const REVISION = /\bnbkit-revision-(\d+)\b/;

/**
 * The number of the HTML in a place, 0 where it has none.
 * @param {string} classes
 */
export function revisionOf(classes) {
  return Number(REVISION.exec(classes)?.[1] ?? 0);
}

/**
 * Put the newest HTML of a place where the notebook keeps its outputs. After a reload the front end
 * no longer knows which output an update is for; the place's name in it tells.
 * @param {Iterable<{ outputs?: Outputs }>} cells
 * @param {string} place
 * @param {{ html: string, text: string }} content
 * @returns {number} how many outputs have been changed
 */
export function keep(cells, place, { html, text }) {
  let changed = 0;
  for (const { outputs } of cells) {
    for (let i = 0; i < (outputs?.length ?? 0); i++) {
      const output = /** @type {Outputs} */ (outputs).get(i);
      const old = output.data["text/html"];
      if (typeof old !== "string" || !old.includes(place) || old === html) {
        continue;
      }
      const data = { ...output.data, "text/html": html, "text/plain": text };
      /** @type {Outputs} */ (outputs).set(i, { ...output.toJSON(), data });
      changed++;
    }
  }
  return changed;
}

/** The page's observer is found under this: each model of a widget has a module of its own. */
const WATCH = Symbol.for("nbkit.places");

/** Watches the page for all sessions at once: their number does not count. */
class Watch {
  constructor() {
    /** @type {Set<Places>} */
    this.all = new Set();
    this.observer = new MutationObserver((records) => this.changed(records));
  }

  /** @returns {Watch} */
  static get() {
    const page = /** @type {Record<symbol, any>} */ (globalThis);
    return page[WATCH] ??= new Watch();
  }

  /** @param {Places} places */
  add(places) {
    if (!this.all.size) {
      this.observer.observe(document.body, { childList: true, subtree: true });
    }
    this.all.add(places);
  }

  /** @param {Places} places */
  delete(places) {
    this.all.delete(places);
    if (!this.all.size) this.observer.disconnect();
  }

  /** @param {MutationRecord[]} records */
  changed(records) {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        for (const copy of node.querySelectorAll(COPY)) this.found(copy);
        if (node.matches(COPY)) this.found(node);
      }
    }
    if (records.some(({ removedNodes }) => removedNodes.length)) {
      for (const places of this.all) places.prune();
    }
  }

  /** @param {Element} copy */
  found(copy) {
    for (const name of copy.classList) {
      for (const places of this.all) {
        if (Object.hasOwn(places.names, name)) places.found(name, copy);
      }
    }
  }
}

/** A view beside the output that it stands for. What that shows is put aside meanwhile. */
class Stand {
  /**
   * @param {HTMLElement} output
   * @param {Element} copy
   * @param {WidgetView} view
   */
  constructor(output, copy, view) {
    this.output = output;
    this.view = view;
    this.aside = document.createDocumentFragment();
    this.frame = document.createElement("div");
    this.frame.className = "jp-OutputArea-output nbkit-stand";
    this.frame.append(view.el);
    output.after(this.frame);
    output.dataset[LIVE] = "";
    this.put(copy);
    view.trigger("displayed");
  }

  /** @param {Element} copy which has just been rendered */
  put(copy) {
    this.output.style.display = "none";
    if (copy !== this.output) {
      this.aside.replaceChildren(...this.output.childNodes);
    }
  }

  remove() {
    this.frame.remove();
    // Its layout comes a moment after it is displayed, and posts a message to what must be there.
    const gone = () => this.view.remove();
    Promise.resolve(this.view.layoutPromise).then(gone, gone);
    delete this.output.dataset[LIVE];
    this.output.append(this.aside);
    this.output.style.display = "";
  }
}

/** The places of one display, each with the model that is shown there. */
class Places {
  /**
   * @param {Model} model
   * @param {AbortSignal} signal
   */
  constructor(model, signal) {
    this.model = model;
    /** @type {Record<string, string>} */
    this.names = model.get("places");
    /** @type {Map<HTMLElement, Stand>} */
    this.stands = new Map();
    /** @type {Record<string, number>} */
    this.revisions = {};
    this.over = false;
    /** Outputs whose view is being made, or could not be. @type {WeakSet<HTMLElement>} */
    this.coming = new WeakSet();
    const watch = Watch.get();
    watch.add(this);
    const heard = (/** @type {FromKernel} */ message) => this.hear(message);
    model.on("msg:custom", heard);
    signal.addEventListener("abort", () => {
      watch.delete(this);
      model.off("msg:custom", heard);
      this.clear();
    });
    this.signal = signal;
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
    this.say(false);
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
    try {
      this.model.send({ kind: "here", asked, revisions: this.revisions });
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
      const cells = this.model.widget_manager.context?.model?.cells;
      if (cells) keep(cells, message.place, message);
      // Said also where no output is left, or none in sight: nothing older remains to be replaced.
      this.got(message.place, revisionOf(message.html));
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
