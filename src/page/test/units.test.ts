// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { bytes, color, errorShare, failures, millis, percent, rate } from "../src/format";
import { cells, runs, sizes } from "../src/space";
import { EventReader } from "../src/stream";

describe("events", () => {
  const TEXT = 'event: slots\ndata: {"a":1}\n\n:\n\nevent: reload\ndata: 1\ndata:2\n\ndata: x\n\n';
  const EVENTS = [
    { name: "slots", data: '{"a":1}' },
    { name: "reload", data: "1\n2" },
    { name: "message", data: "x" },
  ];

  it("are read wherever the text is split", () => {
    for (let at = 0; at <= TEXT.length; at++) {
      const reader = new EventReader();
      expect([...reader.read(TEXT.slice(0, at)), ...reader.read(TEXT.slice(at))]).toEqual(EVENTS);
    }
  });

  it("may end their lines as a proxy between sends them", () => {
    expect(new EventReader().read(TEXT.replaceAll("\n", "\r\n"))).toEqual(EVENTS);
  });
});

describe("numbers", () => {
  it.each([
    [rate(0), "0"],
    [rate(0.44), "0.4"],
    [rate(1234), "1,234"],
    [rate(12345), "12.3k"],
    [percent(0.1234), "12.3 %"],
    [millis(0.84), "0.8 ms"],
    [millis(45.2), "45 ms"],
    [millis(1234), "1.2 s"],
    [bytes(12), "12 B"],
    [bytes(3482), "3.4 KiB"],
    [bytes(5 * 1024 ** 4), "5.0 TiB"],
    [failures({ timeout: 3, refused: 1200, closed: 0 }), "1,200 refused, 3 timeout"],
    [failures({}), ""],
  ])("%s is %s", (shown, expected) => {
    expect(shown).toBe(expected);
  });

  it("have no errors without responses", () => {
    const status = { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 };
    const none = { hosts: 0, requests: 0, in_flight: 0, rate: 0, latency_ms: null, bytes_in: 0, bytes_out: 0 };
    expect(errorShare({ ...none, status })).toBe(0);
    expect(errorShare({ ...none, status: { ...status, "2xx": 3, "5xx": 1 } })).toBe(0.25);
  });
});

describe("the picture of the hash space", () => {
  it("has together what goes together", () => {
    const order = cells([2, 1, 1, 2], [2, 3, 1, 1]).map((cell) => `${cell.before}${cell.after}`);
    expect(order).toEqual(["11", "13", "22", "21"]);
  });

  it("counts cells by slot", () => {
    expect([...sizes([1, 0, 1])]).toEqual([
      [1, 2],
      [0, 1],
    ]);
  });

  it("has one rectangle for equal neighbours in a row", () => {
    expect(runs([1, 1, 1, 1, 2], 3, (a, b) => a === b)).toEqual([
      { row: 0, start: 0, length: 3, value: 1 },
      { row: 1, start: 0, length: 1, value: 1 },
      { row: 1, start: 1, length: 1, value: 2 },
    ]);
  });

  it("has another color for each of a thousand slots' neighbours", () => {
    for (let i = 1; i < 1000; i++) {
      expect(color(i)).not.toBe(color(i + 1));
    }
  });
});
