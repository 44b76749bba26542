// SPDX-License-Identifier: Apache-2.0
import type { Traffic } from "./api";

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const ONE = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** 12,345 */
export function count(n: number): string {
  return NUMBER.format(n);
}

/** Requests a second: 0, 0.4, 12.3, 456, 12.3k. */
export function rate(n: number): string {
  if (n === 0) {
    return "0";
  }
  return n < 100 ? ONE.format(n) : n < 10_000 ? NUMBER.format(n) : `${ONE.format(n / 1000)}k`;
}

/** A part as 12.3 %. */
export function percent(part: number): string {
  return `${ONE.format(part * 100)} %`;
}

/** A time as 0.8 ms, 45 ms, 1.2 s. */
export function millis(n: number): string {
  return n < 10 ? `${ONE.format(n)} ms` : n < 1000 ? `${NUMBER.format(n)} ms` : `${ONE.format(n / 1000)} s`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Octets as 12 B, 3.4 KiB. */
export function bytes(n: number): string {
  let unit = 0;
  let value = n;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${NUMBER.format(value)} B` : `${ONE.format(value)} ${UNITS[unit]}`;
}

/** The time of a day and the day, where the browser is. */
export function moment(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime())
    ? iso
    : date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

/** The part of responses with a status from 500 on; 0 without responses. */
export function errorShare(traffic: Traffic): number {
  const all = Object.values(traffic.status).reduce((sum, n) => sum + n, 0);
  return all === 0 ? 0 : traffic.status["5xx"] / all;
}

/** The failures of a backend in words: "12 refused, 3 timeout". */
export function failures(byReason: Record<string, number>): string {
  return Object.entries(byReason)
    .filter(([, n]) => n > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, n]) => `${count(n)} ${reason}`)
    .join(", ");
}

/** The color of a slot: neighbours differ in hue. Index from 1; 0 is grey. */
export function color(index: number): string {
  if (index === 0) {
    return "hsl(0 0% 55%)";
  }
  // The golden angle never repeats a hue, and two rings of lightness tell near hues apart.
  const hue = Math.round(((index - 1) * 137.508 + 210) % 360);
  return `hsl(${hue} 62% ${index % 2 === 0 ? 62 : 46}%)`;
}
