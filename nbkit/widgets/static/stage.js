// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { FIT, fitted, kept, zoomed } from "./zoom.js";

/**
 * @typedef {import("./zoom.js").Size} Size
 *
 * @typedef {object} Around what a stage asks of what is around it
 * @property {() => Size | undefined} known how large the picture is, where that has been told
 * @property {(scale: number) => void} laidOut
 * @property {() => void} beside somebody has clicked beside the picture
 */

/** How far, in pixels, a pointer moves before it drags. */
const STILL = 4;

/** A picture that fits its stage, and can be zoomed and moved with pointers. */
export class Stage {
  /**
   * @param {HTMLElement} el
   * @param {HTMLImageElement} img
   * @param {Around} around
   */
  constructor(el, img, around) {
    this.el = el;
    this.img = img;
    this.around = around;
    this.zoom = FIT;
    /** @type {Map<number, { x: number, y: number }>} */
    this.pointers = new Map();
    this.dragged = false;
    this.sizes = new ResizeObserver(() => this.layOut());
    this.listen();
  }

  listen() {
    const { el, img } = this;
    el.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      this.scale(Math.exp(-event.deltaY * lines * 0.002), event);
    }, { passive: false });
    el.addEventListener("dblclick", (event) => {
      if (this.zoom.scale > 1) this.fit();
      else this.scale(2.5, event);
    });
    el.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      if (!this.pointers.size) this.dragged = false;
      this.pointers.set(event.pointerId, {
        x: event.clientX,
        y: event.clientY,
      });
      el.setPointerCapture(event.pointerId);
    });
    el.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
      el.addEventListener(
        end,
        (event) => this.pointers.delete(event.pointerId),
      );
    }
    el.addEventListener("click", (event) => {
      const { left, right, top, bottom } = img.getBoundingClientRect();
      const beside = event.clientX < left || event.clientX > right ||
        event.clientY < top || event.clientY > bottom;
      if (beside && !this.dragged) this.around.beside();
    });
  }

  open() {
    this.sizes.observe(this.el);
  }

  close() {
    this.sizes.disconnect();
    this.pointers.clear();
    this.img.removeAttribute("src");
  }

  /** @returns {Size} */
  size() {
    const { clientWidth: width, clientHeight: height } = this.el;
    return { width, height };
  }

  layOut() {
    const { width, height } = fitted(
      this.around.known() ?? {
        width: this.img.naturalWidth,
        height: this.img.naturalHeight,
      },
      this.size(),
    );
    this.zoom = kept(this.zoom, { width, height }, this.size());
    const { scale, x, y } = this.zoom;
    this.img.style.width = `${width}px`;
    this.img.style.height = `${height}px`;
    this.img.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    this.el.toggleAttribute("data-zoomed", scale > 1);
    this.around.laidOut(scale);
  }

  /**
   * @param {number} factor
   * @param {{ clientX: number, clientY: number }} [at] the middle where there is none
   */
  scale(factor, at) {
    const { left, top, width, height } = this.el.getBoundingClientRect();
    const point = at
      ? { x: at.clientX - left - width / 2, y: at.clientY - top - height / 2 }
      : { x: 0, y: 0 };
    this.zoom = zoomed(this.zoom, factor, point);
    this.layOut();
  }

  fit() {
    this.zoom = FIT;
    this.layOut();
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    if (
      !this.dragged && Math.hypot(now.x - before.x, now.y - before.y) < STILL
    ) {
      return;
    }
    this.dragged = true;
    this.pointers.set(event.pointerId, now);
    if (others.length === 0) {
      const { scale, x, y } = this.zoom;
      this.zoom = { scale, x: x + now.x - before.x, y: y + now.y - before.y };
      this.layOut();
    } else if (others.length === 1) {
      // Two fingers: what is under each stays there.
      const [[, other]] = others;
      const apart = Math.hypot(before.x - other.x, before.y - other.y) || 1;
      this.scale(Math.hypot(now.x - other.x, now.y - other.y) / apart, {
        clientX: other.x,
        clientY: other.y,
      });
    }
  }
}
