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
 * @typedef {{ el: HTMLElement, remove(): void, trigger(event: string): void }} WidgetView
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
    this.view.remove();
    this.frame.remove();
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
    const observer = new MutationObserver((records) => {
      for (const { addedNodes } of records) {
        for (const node of addedNodes) {
          if (node instanceof Element) this.look(node);
        }
      }
    });
    observer.observe(document.body, { childList: true, subtree: true });
    const heard = (/** @type {FromKernel} */ message) => this.hear(message);
    model.on("msg:custom", heard);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      model.off("msg:custom", heard);
      this.clear();
    });
    this.signal = signal;
    this.look(document.body);
  }

  clear() {
    for (const stand of this.stands.values()) stand.remove();
    this.stands.clear();
  }

  /** @param {Element} root */
  look(root) {
    for (const name of Object.keys(this.names)) {
      const found = [...root.getElementsByClassName(name)];
      if (root.classList.contains(name)) found.push(root);
      for (const node of found) this.found(name, node);
    }
  }

  /**
   * @param {string} name
   * @param {Element} node
   */
  found(name, node) {
    const revision = revisionOf(node.className);
    if (revision > (this.revisions[name] ?? 0)) {
      this.revisions[name] = revision;
      this.say(false);
    }
    if (this.over) return;
    const output = node.closest(".jp-OutputArea-output") ?? node;
    if (!(output instanceof HTMLElement)) return;
    const stand = this.stands.get(output);
    if (stand) stand.put(node);
    else this.show(name, output, node);
  }

  /**
   * @param {string} name
   * @param {HTMLElement} output
   * @param {Element} copy
   */
  async show(name, output, copy) {
    if (this.coming.has(output)) return;
    this.coming.add(output);
    output.style.display = "none";
    const view = await this.view(name, output);
    output.style.display = "";
    if (view === null) return;
    this.coming.delete(output);
    if (this.signal.aborted || this.over) view.remove();
    else this.stands.set(output, new Stand(output, copy, view));
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
