// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * @typedef {object} WidgetView
 * @property {HTMLElement} el
 * @property {() => void} remove
 * @property {(event: string) => void} trigger
 * @property {Promise<unknown>} [layoutPromise] settled once the view has its layout
 */

/** Marks, in an output's `dataset`, that a view stands for it or will. */
export const LIVE = "nbkitLive";

/** A view beside the output that it stands for. What that shows is put aside meanwhile. */
export class Stand {
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
