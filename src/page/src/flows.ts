// SPDX-License-Identifier: Apache-2.0

/** A slot's part of a bar, from 0 to 1. Index -1 is all slots that are too small to draw. */
export interface Band {
  index: number;
  start: number;
  size: number;
}

/** What goes from a band of the first bar to a band of the second, at these places. */
export interface Ribbon {
  from: number;
  to: number;
  fromStart: number;
  toStart: number;
  size: number;
}

export interface Flows {
  before: Band[];
  after: Band[];
  ribbons: Ribbon[];
}

/** More would be hairlines. */
const MOST_BANDS = 24;

/** The index of all slots that are not drawn by themselves. */
export const OTHERS = -1;

/** How the parts of two spaces correspond, as two bars with ribbons between them. */
export function flows(before: number[], after: number[], most = MOST_BANDS): Flows {
  const length = Math.min(before.length, after.length);
  const sizes = new Map<number, number>();
  for (let i = 0; i < length; i++) {
    for (const index of new Set([before[i]!, after[i]!])) {
      sizes.set(index, (sizes.get(index) ?? 0) + 1);
    }
  }
  const drawn = new Set(
    [...sizes]
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, most)
      .map(([index]) => index),
  );
  const band = (index: number) => (drawn.has(index) ? index : OTHERS);
  const counts = new Map<string, number>();
  for (let i = 0; i < length; i++) {
    const pair = `${band(before[i]!)} ${band(after[i]!)}`;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  const pairs = [...counts].map(([pair, n]) => {
    const [from, to] = pair.split(" ").map(Number) as [number, number];
    return { from, to, size: n / length };
  });
  // The last is what is not drawn, so that the order of both bars is that of the file.
  const rank = (index: number) => (index === OTHERS ? Infinity : index);
  const byRank = (a: number, b: number) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b));
  const bar = (side: "from" | "to"): Band[] => {
    const bands = new Map<number, number>();
    pairs.forEach((pair) => bands.set(pair[side], (bands.get(pair[side]) ?? 0) + pair.size));
    let start = 0;
    return [...bands]
      .sort((a, b) => byRank(a[0], b[0]))
      .map(([index, size]) => {
        start += size;
        return { index, start: start - size, size };
      });
  };
  const left = bar("from");
  const right = bar("to");
  const leftAt = new Map(left.map((b) => [b.index, b.start]));
  const rightAt = new Map(right.map((b) => [b.index, b.start]));
  const ribbons = pairs
    .sort((a, b) => byRank(a.from, b.from) || byRank(a.to, b.to))
    .map((pair) => {
      const fromStart = leftAt.get(pair.from)!;
      leftAt.set(pair.from, fromStart + pair.size);
      return { ...pair, fromStart, toStart: 0 };
    });
  [...ribbons]
    .sort((a, b) => byRank(a.to, b.to) || byRank(a.from, b.from))
    .forEach((ribbon) => {
      ribbon.toStart = rightAt.get(ribbon.to)!;
      rightAt.set(ribbon.to, ribbon.toStart + ribbon.size);
    });
  return { before: left, after: right, ribbons };
}

/** The parts of a space by slot, the largest first. */
export function shares(slots: number[]): { index: number; share: number }[] {
  const counts = new Map<number, number>();
  slots.forEach((index) => counts.set(index, (counts.get(index) ?? 0) + 1));
  return [...counts]
    .map(([index, n]) => ({ index, share: n / slots.length }))
    .sort((a, b) => b.share - a.share || a.index - b.index);
}

/** The line that a problem "file:12: text" is about, from 1; null if it names none. */
export function lineOf(problem: string): number | null {
  const found = /:(\d+):/.exec(problem);
  return found ? Number(found[1]) : null;
}

/**
 * The parts after a change, with the numbers that their slots have now: a slot with the same name keeps its number,
 * and its colour. A new one gets a number of its own.
 */
export function aligned(after: number[], namesAfter: string[], names: Map<number, string>): { after: number[]; names: Map<number, string> } {
  const numbers = new Map([...names].map(([index, name]) => [name, index]));
  const all = new Map(names);
  let next = Math.max(0, ...names.keys()) + 1;
  const numberOf = namesAfter.map((name) => {
    const known = numbers.get(name);
    if (known !== undefined) {
      return known;
    }
    all.set(next, name);
    return next++;
  });
  return { after: after.map((index) => (index === 0 ? 0 : (numberOf[index - 1] ?? index))), names: all };
}

/** The parts in an order in which what goes together is together: by slot before, what stays first, then by slot after. */
export function grouped(before: number[], after: number[]): { before: number; after: number }[] {
  return after
    .map((index, i) => ({ before: before[i] ?? index, after: index }))
    .sort((a, b) => a.before - b.before || Number(a.after !== a.before) - Number(b.after !== b.before) || a.after - b.after);
}
