// SPDX-License-Identifier: Apache-2.0
import type { Slot, Slots } from "./api";

/** One value each second: the sparkline shows two minutes. */
export const HISTORY_LENGTH = 120;

/** The rates that the page has seen, by slot. */
export class History {
  private rates = new Map<string, number[]>();
  private sums: number[] = [];

  /** Takes the figures of one moment. Slots that are gone are forgotten. */
  add(now: Slots): void {
    const next = new Map<string, number[]>();
    for (const slot of now.slots) {
      next.set(slot.name, appended(this.rates.get(slot.name), slot.rate));
    }
    this.rates = next;
    this.sums = appended(this.sums, now.total.rate);
  }

  /** The rates of a slot, the oldest first. */
  of(name: string): number[] {
    return this.rates.get(name) ?? [];
  }

  /** The rates of all slots together. */
  get total(): number[] {
    return this.sums;
  }
}

function appended(values: number[] | undefined, value: number): number[] {
  const all = values ? [...values, value] : [value];
  return all.length > HISTORY_LENGTH ? all.slice(-HISTORY_LENGTH) : all;
}

export type Column = "index" | "name" | "state" | "share" | "rate" | "p50" | "p95" | "p99" | "in_flight" | "errors";

export interface Order {
  column: Column;
  descending: boolean;
}

/** How many requests failed at a slot: it did not answer, or not well. */
export function failures(slot: Slot): number {
  return Object.values(slot.failures).reduce((sum, n) => sum + n, 0);
}

/** Failures and responses 5xx: what an operator looks for. */
export function errors(slot: Slot): number {
  return failures(slot) + (slot.status["5xx"] ?? 0);
}

function key(slot: Slot, column: Column): number | string {
  switch (column) {
    case "name":
      return slot.name;
    case "state":
      return slot.state;
    case "p50":
    case "p95":
    case "p99":
      return slot.latency_ms?.[column] ?? -1;
    case "errors":
      return errors(slot);
    case "share":
      return slot.share ?? -1;
    default:
      return slot[column];
  }
}

/** Natural order: live2 before live10. */
const collator = new Intl.Collator("en", { numeric: true });

/** Those slots whose name, address or state has all the words of a text, in an order; equal ones as in the file. */
export function selected(slots: Slot[], text: string, order: Order): Slot[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = slots.filter((slot) => {
    const all = `${slot.name} ${slot.address ?? ""} ${slot.state}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const sign = order.descending ? -1 : 1;
  return found.sort((a, b) => {
    const x = key(a, order.column);
    const y = key(b, order.column);
    const compared = typeof x === "string" ? collator.compare(x, String(y)) : x - Number(y);
    return sign * compared || a.index - b.index;
  });
}

export type Action = "drain" | "down" | "up" | "file";

/** What an action does, for the question before it. */
export function consequence(action: Action, slot: Slot): string[] {
  const hosts = slot.share === null ? "Its hosts" : `Its hosts, ${(slot.share * 100).toFixed(1)} % of all,`;
  const undo = "This is not written to the file. It is forgotten when rsp restarts.";
  switch (action) {
    case "drain":
      return [`${hosts} go to other slots from now on.`, `What is in flight (${slot.in_flight}) may finish.`, undo];
    case "down":
      return [
        `${hosts} go to other slots from now on.`,
        "rsp does not contact this slot any more. Drain is gentler if it still works.",
        undo,
      ];
    case "up":
      return ["The hosts that the file gives to this slot come back to it. They start cold there.", undo];
    case "file":
      return [
        `The state in the file holds again: ${slot.file_state}.`,
        slot.file_state === "up" ? "Its hosts come back to it." : "Its hosts go where the file sends them.",
      ];
  }
}

/** The actions that change something. */
export function actions(slot: Slot): Action[] {
  const all: Action[] = [];
  if (slot.state !== "drain") all.push("drain");
  if (slot.state !== "down") all.push("down");
  if (slot.state !== "up" && slot.address !== null) all.push("up");
  if (slot.state !== slot.file_state) all.push("file");
  return all;
}

/** A colour of a slot: neighbours in the list differ much (the golden angle). 0 is no slot. */
export function hue(index: number): number {
  return Math.round((index * 137.508 + 75) % 360);
}
