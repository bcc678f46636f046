// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * How large a picture is and where, on a stage that it may outgrow.
 *
 * @typedef {{ scale: number, x: number, y: number }} Zoom
 *   `x` and `y` move the middle of the picture, in pixels, from where it fits
 * @typedef {{ width: number, height: number }} Size
 */

/** As it fits. */
export const FIT = { scale: 1, x: 0, y: 0 };
/** The largest it may be, of what fits. */
export const MOST = 8;
/** By how much a key or a button zooms. */
export const STEP = 1.25;
/** A picture of fewer pixels than this on its longer side is no smaller copy of another. */
const COPY_SIDE = 768;
/** A small picture is enlarged by no more than this to fill the page. */
const ENLARGED = 1.5;

/**
 * Zoom by a factor, so that the point of the picture under `at` stays there.
 * @param {Zoom} zoom
 * @param {number} factor
 * @param {{ x: number, y: number }} at from the middle of the stage
 * @returns {Zoom}
 */
export function zoomed(zoom, factor, at) {
  const scale = Math.min(MOST, Math.max(1, zoom.scale * factor));
  const by = scale / zoom.scale;
  return {
    scale,
    x: at.x - (at.x - zoom.x) * by,
    y: at.y - (at.y - zoom.y) * by,
  };
}

/**
 * Keep the picture over the stage: its edges come no further in than the stage's.
 * @param {Zoom} zoom
 * @param {Size} picture as it fits
 * @param {Size} stage
 * @returns {Zoom}
 */
export function kept({ scale, x, y }, picture, stage) {
  const within = (/** @type {number} */ n, /** @type {number} */ most) =>
    Math.min(most, Math.max(-most, n)) || 0;
  return {
    scale,
    x: within(x, Math.max(0, (picture.width * scale - stage.width) / 2)),
    y: within(y, Math.max(0, (picture.height * scale - stage.height) / 2)),
  };
}

/**
 * The size in which a picture fits the stage.
 * @param {Size} picture
 * @param {Size} stage
 * @returns {Size}
 */
export function fitted(picture, stage) {
  const side = Math.max(picture.width, picture.height);
  if (!side) return stage;
  const most = side < COPY_SIDE ? ENLARGED : Infinity;
  const by = Math.min(
    stage.width / picture.width,
    stage.height / picture.height,
    most,
  );
  return { width: picture.width * by, height: picture.height * by };
}
