// @ts-check
import { inflate } from "./inflate.js";

/**
 * A long message comes compressed, as `nbkit/widgets/packing.py` has it: what stands in it is JSON in
 * the last of its buffers.
 *
 * @typedef {(DataView | ArrayBuffer | Uint8Array)[]} Buffers
 */

/**
 * @template {object} T
 * @param {T & { packed?: number }} message
 * @param {Buffers} buffers
 * @returns {T} the message with all that belongs to it
 */
export function unpack(message, buffers) {
  if (message.packed === undefined) return message;
  const last = buffers[buffers.length - 1];
  const data = ArrayBuffer.isView(last)
    ? new Uint8Array(last.buffer, last.byteOffset, last.byteLength)
    : new Uint8Array(last);
  const text = new TextDecoder().decode(inflate(data, message.packed));
  return { ...message, ...JSON.parse(text) };
}
