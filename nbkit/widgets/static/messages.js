// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * What the preview and its kernel say to one another, as `nbkit/widgets/messages.py` has it.
 *
 * @typedef {{ op: "put", key: number, html: string }
 *   | { op: "open", key: number, html: string }
 *   | { op: "part", key: number, index: number, html: string }
 *   | { op: "cut", key: number, count: number }
 *   | { op: "drop", key: number }} Op
 *
 * @typedef {"queued" | "waiting" | "running" | "retrying" | "succeeded" | "failed" | "cancelled" | "skipped"} SlotStatus
 *
 * @typedef {{ version: number, type: string, width: number, height: number, buffer: number | null }} Picture
 *   `buffer` is the place among the message's buffers, null where the picture was sent before.
 *
 * @typedef {object} Slot
 * @property {string} id
 * @property {SlotStatus} status
 * @property {string} prompt that of the image shown
 * @property {string | null} task_prompt that of the latest task, null where it is the same
 * @property {string} reason
 * @property {number | null} remaining seconds left of a wait as the message was sent
 * @property {number} attempt
 * @property {number | null} max_attempts
 * @property {number | null} fraction
 * @property {number | null} step
 * @property {number | null} steps
 * @property {string | null} error
 * @property {number} width
 * @property {number} height
 * @property {number} versions how many there are
 * @property {number} chosen the index of the one shown
 * @property {Picture | null} image
 * @property {Picture | null} preview
 *
 * @typedef {object} Counts
 * @property {number} queued
 * @property {number} waiting
 * @property {number} running
 * @property {number} retrying
 * @property {number} succeeded
 * @property {number} failed
 * @property {number} cancelled
 * @property {number} total
 *
 * @typedef {object} Header
 * @property {"running" | "completed" | "cancelled" | "failed"} status
 * @property {boolean} writing whether text is still to come
 * @property {boolean} paused
 * @property {number} elapsed seconds
 * @property {string | null} error
 * @property {string | null} remark what else a reader should know
 * @property {Counts} counts
 *
 * @typedef {{ kind: "frame", seq: number, header: Header | null, ops: Op[], slots: Slot[] }} Frame
 * @typedef {{ kind: "snapshot", view: string, seq: number, header: Header, ops: Op[] | null, slots: Slot[] }} Snapshot
 * @typedef {{ kind: "check", seq: number }} Check
 * @typedef {{ kind: "answer", view: string, id: number, error: string | null, picture?: Picture }} Answer
 * @typedef {Frame | Snapshot | Check | Answer} FromKernel
 *
 * @typedef {"cancel" | "pause" | "resume" | "retry" | "retry_failed" | "generate" | "regenerate"
 *   | "choose" | "original"} CommandName
 * @typedef {{ prompt?: string | null, mode?: "append" | "replace", version?: number }} Details
 * @typedef {{ kind: "ready", view: string, seq: number }
 *   | { kind: "idle" | "hidden", view: string }
 *   | { kind: "command", view: string, id: number, name: CommandName, slot: string | null } & Details} ToKernel
 *
 * @typedef {(DataView | ArrayBuffer | Uint8Array)[]} Buffers
 * @typedef {"connecting" | "silent" | "live" | "lost"} Connection
 */

export {};
