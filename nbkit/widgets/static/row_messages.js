// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * What the progress and its kernel say to one another, as `nbkit/widgets/messages.py` has it.
 *
 * @typedef {"queued" | "waiting" | "running" | "retrying" | "succeeded" | "failed" | "cancelled"} Status
 *
 * @typedef {Record<Status, number> & { total: number }} Counts
 *
 * @typedef {object} Task
 * @property {string} id
 * @property {Status} status
 * @property {string} prompt
 * @property {string} reason
 * @property {number | null} remaining seconds left of a wait as the message was sent
 * @property {number} attempt
 * @property {number | null} max_attempts
 * @property {number | null} seconds how long it took, or has taken so far
 * @property {string | null} error
 *
 * @typedef {object} Row
 * @property {string} row
 * @property {number} place the newest row has the highest
 * @property {string} label
 * @property {string} about
 * @property {Counts} counts
 * @property {number | null} eta seconds, null while there is no evidence
 * @property {number | null} elapsed seconds
 * @property {string[]} strip tasks whose pictures are shown, oldest first
 * @property {string[] | null} order the listed tasks of an opened row
 * @property {Task[] | null} tasks those of them that changed
 * @property {number | null} more tasks that are not listed
 *
 * @typedef {{ row: string, task: string, prompt: string, type: string, buffer: number }} Thumbnail
 *
 * @typedef {object} Rows
 * @property {"rows"} kind
 * @property {string | null} view null for every view
 * @property {boolean} whole whether these are all rows
 * @property {number} seq
 * @property {Row[]} rows
 * @property {string[]} gone
 * @property {Thumbnail[]} thumbnails
 *
 * @typedef {{ kind: "check", seq: number }} Check
 * @typedef {Rows | Check} FromKernel
 *
 * @typedef {{ kind: "ready" | "gone", view: string }
 *   | { kind: "open" | "fold" | "close", view: string, row: string | null }} ToKernel
 *
 * @typedef {(DataView | ArrayBuffer | Uint8Array)[]} Buffers
 */

export {};
