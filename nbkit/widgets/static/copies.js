// @ts-check

/**
 * The plain HTML in a notebook's outputs that stands for a live view: what it is found by, and how
 * the notebook is given a newer one.
 *
 * @typedef {object} Output one output of a cell, as JupyterLab's model has it
 * @property {Record<string, unknown>} data
 * @property {() => Record<string, unknown>} toJSON
 *
 * @typedef {{ length: number, get(index: number): Output, set(index: number, value: object): void }} Outputs
 */

/** What the HTML of any place is found by. */
export const COPY = '[class*="nbkit-revision-"]';
const REVISION = /\bnbkit-revision-(\d+)\b/;

/**
 * The number of the HTML in a place, 0 where it has none.
 * @param {string} classes
 */
export function revisionOf(classes) {
  return Number(REVISION.exec(classes)?.[1] ?? 0);
}

/**
 * Whether the notebook holds the HTML of a place among the outputs of its cells.
 * @param {Iterable<{ outputs?: Outputs }>} cells
 * @param {string} place
 */
export function holds(cells, place) {
  const start = `<div class="${place} `;
  for (const { outputs } of cells) {
    for (let i = 0; i < (outputs?.length ?? 0); i++) {
      const html = /** @type {Outputs} */ (outputs).get(i).data["text/html"];
      if (typeof html === "string" && html.startsWith(start)) return true;
    }
  }
  return false;
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
