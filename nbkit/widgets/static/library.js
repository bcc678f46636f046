// @ts-check
/// <reference lib="dom" />

/**
 * A page's scripts and styles of nbkit's widgets, which otherwise each widget would bring anew.
 * What asks for one before it is there (`borrow.js`) waits for it in the page's own list.
 *
 * @typedef {{ module: Promise<any>, done: (module: Promise<any>) => void, loading?: boolean }} Entry
 * @typedef {{ get: (name: "sources") => Record<string, { script: string, style: string }> }} Model
 */

/** @returns {Map<string, Entry>} */
function listOfPage() {
  const page = /** @type {Record<symbol, any>} */ (globalThis);
  return page[Symbol.for("nbkit.scripts")] ??= new Map();
}

/**
 * @param {string} key
 * @returns {Entry}
 */
function entryOf(key) {
  const all = listOfPage();
  let entry = all.get(key);
  if (!entry) {
    let done = (/** @type {Promise<any>} */ _) => {};
    const module = new Promise((resolve) => done = resolve);
    all.set(key, entry = { module, done });
  }
  return entry;
}

export default {
  /** @param {{ model: Model }} context */
  async initialize({ model }) {
    const loading = [];
    for (const [key, source] of Object.entries(model.get("sources"))) {
      const entry = entryOf(key);
      if (entry.loading) continue; // another kernel's, of the same nbkit
      entry.loading = true;
      if (source.style) {
        const style = document.createElement("style");
        style.textContent = source.style;
        document.head.append(style);
      }
      const blob = new Blob([source.script], { type: "text/javascript" });
      const url = URL.createObjectURL(blob);
      const module = import(url);
      entry.done(module);
      loading.push(module);
    }
    // What the kernel sends behind its first message waits for this. anywidget gives a widget two
    // seconds from when it hears of it, and on a slow page the scripts of all may take them.
    await Promise.allSettled(loading);
  },
  render() {},
};
