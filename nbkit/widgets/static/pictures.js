// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { make } from "./dom.js";

/**
 * Pictures that come as bytes beside a message.
 *
 * @typedef {import("./messages.js").Buffers} Buffers
 * @typedef {import("./messages.js").Picture} Picture
 */

const PICTURE_TYPES = /^image\/(png|jpeg|webp|gif)$/;

/**
 * @param {Buffers[number] | undefined} buffer
 * @param {string} type
 * @returns {string} an address to revoke when the picture goes
 */
export function address(buffer, type) {
  const known = buffer !== undefined && PICTURE_TYPES.test(type);
  const bytes = /** @type {BlobPart[]} */ (known ? [buffer] : []);
  return URL.createObjectURL(new Blob(bytes, { type }));
}

/** One `<img>`: each picture is decoded before it is shown, and its address let go afterwards. */
export class PictureView {
  /**
   * @param {string} className
   * @param {() => void} changed
   */
  constructor(className, changed) {
    this.changed = changed;
    this.img = make("img", className);
    this.img.alt = "";
    this.img.hidden = true;
    /** @type {Map<number, string>} the addresses of pictures that may be shown again */
    this.urls = new Map();
    this.version = 0;
    this.shown = "";
    this.broken = false;
  }

  /**
   * @param {Picture} picture
   * @param {Buffers} buffers
   * @param {number} keep how many pictures may be shown again
   * @returns {boolean} false for a picture that should be here and is not
   */
  load(picture, buffers, keep) {
    const { version } = picture;
    if (version === this.version) return true;
    let url = this.urls.get(version);
    if (url === undefined) {
      if (picture.buffer === null) return false;
      url = address(buffers[picture.buffer], picture.type);
      this.urls.set(version, url);
    }
    this.version = version;
    const loading = new Image();
    loading.src = url;
    loading.decode().then(() => true, () => false).then((good) => {
      if (this.version !== version || this.urls.get(version) !== url) return;
      this.broken = !good;
      if (good) this.img.src = this.shown = url;
      else this.drop((other) => other === version);
      if (good && this.urls.size > keep) {
        this.drop((other) => other !== version);
      }
      this.changed();
    });
    return true;
  }

  /** @param {(version: number) => boolean} which */
  drop(which) {
    for (const [version, url] of this.urls) {
      if (!which(version)) continue;
      URL.revokeObjectURL(url);
      this.urls.delete(version);
    }
  }

  clear() {
    this.drop(() => true);
    this.img.removeAttribute("src");
    this.shown = "";
    this.version = 0;
  }
}
