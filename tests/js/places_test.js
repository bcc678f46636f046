// @ts-check
// The pure parts of the places' scripts.

import { holds, keep, revisionOf } from "../../nbkit/widgets/static/copies.js";

/**
 * @param {unknown} actual
 * @param {unknown} expected
 */
function equal(actual, expected) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}

/** @param {Record<string, unknown>[]} all */
function outputs(...all) {
  const held = all.map((data) => ({
    data,
    toJSON: () => ({ output_type: "display_data", metadata: { a: 1 }, data }),
  }));
  /** @type {[number, any][]} */
  const set = [];
  return {
    set: (/** @type {number} */ i, /** @type {any} */ value) => {
      set.push([i, value]);
    },
    get: (/** @type {number} */ i) => held[i],
    length: held.length,
    done: set,
  };
}

Deno.test("a revision is read from the classes, and is 0 where there is none", () => {
  equal(revisionOf("nbkit-ab nbkit-revision-12"), 12);
  equal(revisionOf("nbkit-ab"), 0);
  equal(revisionOf("xnbkit-revision-3"), 0);
});

Deno.test("the newest copy goes into the outputs of its place, and into no others", () => {
  const mine = outputs(
    { "text/plain": "1" },
    {
      "text/html": '<div class="nbkit-ab nbkit-revision-1">',
      "image/png": "x",
    },
  );
  const other = outputs({ "text/html": '<div class="nbkit-cd">' });
  const content = {
    html: '<div class="nbkit-ab nbkit-revision-2">',
    text: "t",
  };
  const cells = [{}, { outputs: mine }, { outputs: other }];
  equal(keep(cells, "nbkit-ab", content), 1);
  equal(other.done, []);
  equal(mine.done, [[1, {
    output_type: "display_data",
    metadata: { a: 1 },
    data: {
      "text/html": content.html,
      "image/png": "x",
      "text/plain": "t",
    },
  }]]);
});

Deno.test("the outputs of cells hold the places that their HTML begins with", () => {
  const html = '<div class="nbkit-ab nbkit-revision-2"><p>nbkit-cd</p></div>';
  const cells = [{}, {
    outputs: outputs({ "text/plain": "1" }, { "text/html": html }),
  }];
  equal(["nbkit-ab", "nbkit-a", "nbkit-cd"].map((p) => holds(cells, p)), [
    true,
    false,
    false,
  ]);
  equal(holds([], "nbkit-ab"), false);
});

Deno.test("an output that holds the copy already is left alone", () => {
  const html = '<div class="nbkit-ab nbkit-revision-2">';
  const mine = outputs({ "text/html": html });
  equal(keep([{ outputs: mine }], "nbkit-ab", { html, text: "" }), 0);
  equal(mine.done, []);
});
