// SPDX-License-Identifier: Apache-2.0

/** One cell of the picture of the hash space: a host of the sample. */
export interface Cell {
  before: number;
  after: number;
}

/**
 * The cells in an order in which what goes together is together: by the slot before, those that stay first, then
 * by the slot after.
 */
export function cells(before: number[], after: number[]): Cell[] {
  return before
    .map((slot, i) => ({ before: slot, after: after[i] ?? slot }))
    .sort(
      (a, b) =>
        a.before - b.before ||
        Number(a.after !== a.before) - Number(b.after !== b.before) ||
        a.after - b.after,
    );
}

/** How many cells each slot has, by its index. */
export function sizes(slots: number[]): Map<number, number> {
  const all = new Map<number, number>();
  for (const slot of slots) {
    all.set(slot, (all.get(slot) ?? 0) + 1);
  }
  return all;
}

/** Runs of equal cells in one row of the picture, so that 1,024 cells are few rectangles. */
export interface Run<T> {
  row: number;
  start: number;
  length: number;
  value: T;
}

export function runs<T>(values: T[], columns: number, same: (a: T, b: T) => boolean): Run<T>[] {
  const all: Run<T>[] = [];
  values.forEach((value, i) => {
    const row = Math.floor(i / columns);
    const last = all[all.length - 1];
    if (last !== undefined && last.row === row && same(last.value, value)) {
      last.length++;
    } else {
      all.push({ row, start: i % columns, length: 1, value });
    }
  });
  return all;
}
