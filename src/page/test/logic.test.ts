// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { Api, ApiError, type Certificate, type OrderedHost, type Orders, type Slot, type Slots } from "../src/api";
import { condition, inDays, nameList, nextOrder, orderState, pause, verdict } from "../src/certificates";
import { EventReader, follow, pauseMillis, type Connection } from "../src/events";
import { aligned, flows, grouped, lineOf, OTHERS, shares } from "../src/flows";
import { ago, bytes, count, millis, percent, plural, rate } from "../src/format";
import { actions, consequence, errors, History, HISTORY_LENGTH, selected } from "../src/slots";

function slot(name: string, more: Partial<Slot> = {}): Slot {
  return {
    name, index: 1, address: "10.0.0.1:80", protocol: "http", state: "up", file_state: "up", weight: 1, share: 0.25, hosts: 10, requests: 0,
    in_flight: 0, rate: 0, status: { "5xx": 0 }, failures: {}, latency_ms: null, bytes_in: 0, bytes_out: 0, ...more,
  };
}

function slots(...all: Slot[]): Slots {
  return { slots: all, total: slot("total", { rate: all.reduce((n, s) => n + s.rate, 0) }) };
}

describe("numbers", () => {
  it("have separators, units, and digits where they matter", () => {
    expect(count(1234567)).toBe("1,234,567");
    expect(rate(0)).toBe("0");
    expect(rate(0.34)).toBe("0.3");
    expect(rate(1234.4)).toBe("1,234");
    expect(millis(4.25)).toBe("4.3");
    expect(millis(1200)).toBe("1,200");
    expect(bytes(0)).toBe("0 B");
    expect(bytes(1536)).toBe("1.5 KiB");
    expect(bytes(50 * 1024 ** 3)).toBe("50 GiB");
    expect(bytes(5e21)).toMatch(/ PiB$/);
    expect(plural(1, "host")).toBe("1 host");
    expect(plural(2000, "host")).toBe("2,000 hosts");
  });

  it("do not show a small part as nothing", () => {
    expect(percent(0)).toBe("0.0 %");
    expect(percent(0.0001)).toBe("<0.1 %");
    expect(percent(0.2345)).toBe("23.5 %");
  });

  it("say how long ago a time was", () => {
    const now = Date.parse("2026-11-27T15:00:00Z");
    expect(ago("2026-11-27T14:59:30Z", now)).toBe("less than a minute ago");
    expect(ago("2026-11-27T14:58:59Z", now)).toBe("1 minute ago");
    expect(ago("2026-11-27T11:30:00Z", now)).toBe("3 hours ago");
    expect(ago("2026-11-20T15:00:00Z", now)).toBe("7 days ago");
    expect(ago("2026-11-27T15:00:05Z", now)).toBe("less than a minute ago");
  });
});

describe("certificates", () => {
  const certificate = (more: Partial<Certificate>): Certificate => ({
    path: "/certs/a.pem", names: ["a.example"], key_type: "RSA 2048", not_before: "2026-01-01T00:00:00Z", not_after: "2027-01-01T00:00:00Z",
    days_left: 60, served: true, problem: null, notes: [], ...more,
  });

  it("say what an operator must know first", () => {
    expect(condition(certificate({}))).toBe("good");
    expect(condition(certificate({ days_left: 14 }))).toBe("good");
    expect(condition(certificate({ days_left: 13 }))).toBe("soon");
    expect(condition(certificate({ days_left: 0 }))).toBe("soon");
    expect(condition(certificate({ days_left: -1, problem: "expired 2026-01-01T00:00:00Z" }))).toBe("expired");
    expect(condition(certificate({ days_left: 0, problem: "expired 2026-01-01T00:00:00Z" }))).toBe("expired");
    expect(condition(certificate({ problem: "not valid before 2027-01-01T00:00:00Z" }))).toBe("early");
    expect(condition(certificate({ problem: "no private key in a.key" }))).toBe("broken");
    expect(condition(certificate({ days_left: -5, problem: "no private key in a.key" }))).toBe("broken");
    expect(condition(certificate({ days_left: null, problem: "Permission denied", served: false }))).toBe("broken");
  });

  it("say whether the last good one is still served", () => {
    expect(verdict(certificate({ problem: "damaged" }))).toBe("Broken file; the last good one is served");
    expect(verdict(certificate({ problem: "damaged", served: false }))).toBe("Broken, not served");
    expect(verdict(certificate({ days_left: 3 }))).toBe("Expires soon");
    expect(verdict(certificate({}))).toBe("Good");
  });

  it("say when they expire, and name a few of many names", () => {
    expect(inDays(0)).toBe("today");
    expect(inDays(1)).toBe("in 1 day");
    expect(inDays(-2)).toBe("2 days ago");
    expect(nameList(["a", "b"], 2)).toBe("a, b");
    expect(nameList(["a", "b", "c", "d"], 2)).toBe("a, b and 2 more");
  });

  const host = (more: Partial<OrderedHost>): OrderedHost => ({
    host: "a.example", state: "stored", not_before: null, not_after: null, renewal: null, failures: 0, problem: null, next_try: null, ...more,
  });

  it("that are ordered say what happens with their host, and when", () => {
    expect(orderState(host({}))).toBe("Has one");
    expect(orderState(host({ state: "queued" }))).toBe("Waits for an order");
    expect(orderState(host({ state: "ordering" }))).toBe("Is ordered now");
    expect(orderState(host({ state: "failed", failures: 1 }))).toBe("Order failed");
    expect(orderState(host({ state: "failed", failures: 3 }))).toBe("3 orders failed");
    expect(nextOrder(host({ renewal: "2027-01-20T04:11:00Z" }))).toMatch(/^renewed 2027-01-/);
    expect(nextOrder(host({ state: "failed", renewal: "2027-01-20T04:11:00Z", next_try: "2026-11-27T16:45:00Z" }))).toMatch(/^tried again 2026-11-/);
    expect(nextOrder(host({ state: "queued", renewal: "2027-01-20T04:11:00Z" }))).toBeNull();
    expect(nextOrder(host({}))).toBeNull();
  });

  it("that are ordered say that nothing is ordered, only while it is so", () => {
    const orders = (until: string | null, reason: string | null) => ({ paused_until: until, pause_reason: reason }) as Orders;
    const now = Date.parse("2026-11-27T16:00:00Z");
    expect(pause(orders(null, null), now)).toBeNull();
    expect(pause(orders("2026-11-27T16:00:01Z", "503"), now)?.title).toMatch(/^Nothing is ordered until 2026-11-/);
    expect(pause(orders("2026-11-27T16:00:01Z", "503"), now)?.reason).toBe("503");
    expect(pause(orders("2026-11-27T15:59:59Z", null), now)).toEqual({ title: "The last order was interrupted; the next one is an attempt.", reason: "unknown" });
  });
});

describe("server-sent events", () => {
  it("are read from pieces of any size", () => {
    const text = ": comment\n\nevent: slots\r\ndata: {\ndata: }\n\ndata:x\n\nevent: lost\n\nevent: reload\ndata: 1";
    const all: unknown[] = [];
    const reader = new EventReader();
    for (const piece of text) {
      all.push(...reader.push(piece));
    }
    expect(all).toEqual([{ event: "slots", data: "{\n}" }, { event: "message", data: "x" }]);
    expect(reader.push("\n\n")).toEqual([{ event: "reload", data: "1" }]);
  });

  const stream = (text: string) => new Response(text, { headers: { "Content-Type": "text/event-stream" } });

  async function followed(answers: (() => Response)[]) {
    const stop = new AbortController();
    const states: string[] = [];
    const events: string[] = [];
    const pauses: number[] = [];
    const open = async (path: string) => {
      const next = answers.shift();
      if (next === undefined) {
        stop.abort();
        throw new ApiError(0, "end");
      }
      const response = next();
      if (!response.ok) {
        throw new ApiError(response.status, path);
      }
      return response;
    };
    const wait = async (millis: number) => void pauses.push(millis);
    await follow({ open }, stop.signal, (e) => events.push(e.event + e.data), (c: Connection) => states.push(c.state), wait);
    return { states, events, pauses };
  }

  it("connect again when the connection ends", async () => {
    const { states, events, pauses } = await followed([
      () => stream("event: slots\ndata: 1\n\n"),
      () => new Response("", { status: 503 }),
      () => stream("event: slots\ndata: 2\n\n"),
    ]);
    expect(events).toEqual(["slots1", "slots2"]);
    expect(states).toEqual(["connecting", "live", "lost", "lost", "live", "lost"]);
    expect(pauses).toEqual([500, 1000, 500]);
  });

  it("stop when the token is wrong", async () => {
    const { states, pauses } = await followed([() => new Response("", { status: 401 })]);
    expect(states).toEqual(["connecting", "refused"]);
    expect(pauses).toEqual([]);
  });

  it("are replaced by questions if rsp has none", async () => {
    const { states, events } = await followed([() => new Response("", { status: 404 }), () => new Response("{}"), () => new Response("{}")]);
    expect(states).toEqual(["connecting", "polling"]);
    expect(events).toEqual(["slots{}", "slots{}"]);
  });

  it("do not ask more often than each 8 seconds when rsp is away for long", () => {
    expect([0, 1, 2, 3, 4, 5, 50].map(pauseMillis)).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
  });
});

describe("the API", () => {
  const memory = () => {
    const values = new Map<string, string>();
    return { getItem: (k: string) => values.get(k) ?? null, setItem: (k: string, v: string) => void values.set(k, v), removeItem: (k: string) => void values.delete(k) };
  };

  it("gets the token in a field, and never in a URL", async () => {
    const sent: [string, Headers][] = [];
    const storage = memory();
    const send = async (url: string, init: RequestInit) => (sent.push([url, init.headers as Headers]), new Response("{}"));
    const api = new Api(storage, send as typeof fetch);
    await api.get("api/slots");
    api.setToken("secret");
    await api.get("api/slots");
    await new Api(storage, send as typeof fetch).get("api/slots");
    api.setToken(null);
    await api.get("api/slots");
    expect(sent.map(([, headers]) => headers.get("Authorization"))).toEqual([null, "Bearer secret", "Bearer secret", null]);
    expect(sent.every(([url]) => url === "api/slots")).toBe(true);
  });

  it("says what went wrong in words", async () => {
    const failing = (answer: () => Promise<Response>) =>
      new Api(memory(), answer as unknown as typeof fetch).get("api/slots").catch((e: ApiError) => [e.status, e.message, e.problems]);
    expect(await failing(() => Promise.reject(new TypeError("fetch")))).toEqual([0, expect.stringContaining("does not answer"), []]);
    expect(await failing(async () => new Response('{"error":"no slot x"}', { status: 404 }))).toEqual([404, "no slot x", []]);
    expect(await failing(async () => new Response('{"problems":["a:1: b"]}', { status: 422 }))).toEqual([422, "a:1: b", ["a:1: b"]]);
    expect(await failing(async () => new Response("<h1>Bad</h1>", { status: 502 }))).toEqual([502, "status 502 <h1>Bad</h1>", []]);
    expect(await failing(async () => new Response("<html>"))).toEqual([200, expect.stringContaining("not JSON"), []]);
  });

  it("asks for a token when rsp wants one", async () => {
    const api = new Api(memory(), (async () => new Response("{}", { status: 401 })) as typeof fetch);
    const asked: boolean[] = [];
    api.onRefused = (given) => asked.push(given);
    await api.get("api/slots").catch(() => {});
    api.setToken("old");
    await api.get("api/slots").catch(() => {});
    expect(asked).toEqual([false, true]);
  });
});

describe("slots", () => {
  it("are found by name, address and state, and sorted", () => {
    const all = [
      slot("live10", { index: 1, rate: 5 }),
      slot("live2", { index: 2, rate: 9, state: "drain" }),
      slot("spare", { index: 3, rate: 5, address: null, latency_ms: { p50: 1, p95: 2, p99: 3 } }),
    ];
    const names = (text: string, column: Parameters<typeof selected>[2]["column"], descending = false) =>
      selected(all, text, { column, descending }).map((s) => s.name);
    expect(names("", "name")).toEqual(["live2", "live10", "spare"]);
    expect(names("", "rate", true)).toEqual(["live2", "live10", "spare"]);
    expect(names("", "p99", true)).toEqual(["spare", "live10", "live2"]);
    expect(names("LIVE drain", "index")).toEqual(["live2"]);
    expect(names("10.0.0.1 up", "index")).toEqual(["live10"]);
    expect(names("nothing", "index")).toEqual([]);
  });

  it("keep two minutes of rates, and forget those that are gone", () => {
    const history = new History();
    for (let i = 0; i < HISTORY_LENGTH + 5; i++) {
      history.add(slots(slot("a", { rate: i }), slot("b", { rate: 1 })));
    }
    expect(history.of("a")).toHaveLength(HISTORY_LENGTH);
    expect(history.of("a").at(-1)).toBe(HISTORY_LENGTH + 4);
    expect(history.total.at(-1)).toBe(HISTORY_LENGTH + 5);
    history.add(slots(slot("a")));
    expect(history.of("b")).toEqual([]);
  });

  it("count failures and responses 5xx as errors", () => {
    expect(errors(slot("a", { failures: { refused: 2, stalled: 1 }, status: { "2xx": 9, "5xx": 4 } }))).toBe(7);
  });

  it("offer only what changes something", () => {
    expect(actions(slot("a"))).toEqual(["drain", "down"]);
    expect(actions(slot("a", { state: "drain" }))).toEqual(["down", "up", "file"]);
    expect(actions(slot("a", { state: "down", file_state: "down" }))).toEqual(["drain", "up"]);
    expect(actions(slot("a", { state: "spare", file_state: "spare", address: null }))).toEqual(["drain", "down"]);
  });

  it("say before an action what it does", () => {
    expect(consequence("drain", slot("a", { in_flight: 7 })).join(" ")).toContain("25.0 % of all, go to other slots");
    expect(consequence("drain", slot("a", { in_flight: 7 })).join(" ")).toContain("in flight (7) may finish");
    expect(consequence("down", slot("a", { share: null })).join(" ")).toContain("does not contact");
    expect(consequence("file", slot("a", { file_state: "drain" })).join(" ")).toContain("drain");
  });
});

describe("the picture of a change", () => {
  it("has bars without gaps, and ribbons that fill them", () => {
    const { before, after, ribbons } = flows([1, 1, 2, 2], [1, 3, 2, 3]);
    expect(before).toEqual([{ index: 1, start: 0, size: 0.5 }, { index: 2, start: 0.5, size: 0.5 }]);
    expect(after.map((b) => [b.index, b.size])).toEqual([[1, 0.25], [2, 0.25], [3, 0.5]]);
    expect(ribbons).toContainEqual({ from: 1, to: 3, size: 0.25, fromStart: 0.25, toStart: 0.5 });
    expect(ribbons).toContainEqual({ from: 2, to: 3, size: 0.25, fromStart: 0.75, toStart: 0.75 });
  });

  it("draws many small slots as one", () => {
    const many = Array.from({ length: 1000 }, (_, i) => (i < 500 ? 1 : i));
    const { before, ribbons } = flows(many, many, 3);
    expect(before.map((b) => b.index)).toEqual([1, 500, 501, OTHERS]);
    expect(before.reduce((sum, b) => sum + b.size, 0)).toBeCloseTo(1);
    expect(ribbons.every((r) => r.from === r.to)).toBe(true);
  });

  it("keeps the number of a slot whose place in the file has changed", () => {
    const names = new Map([[1, "a"], [2, "b"]]);
    const { after, names: all } = aligned([1, 2, 3, 0], ["b", "new", "a"], names);
    expect(after).toEqual([2, 3, 1, 0]);
    expect(all.get(3)).toBe("new");
  });

  it("puts together what goes together", () => {
    expect(grouped([2, 1, 1, 2], [2, 3, 1, 1]).map((c) => `${c.before}${c.after}`)).toEqual(["11", "13", "22", "21"]);
  });

  it("names the largest first", () => {
    expect(shares([2, 1, 2, 0])).toEqual([{ index: 2, share: 0.5 }, { index: 0, share: 0.25 }, { index: 1, share: 0.25 }]);
  });

  it("finds the line of a problem", () => {
    expect(lineOf("backends.lua:17: no")).toBe(17);
    expect(lineOf("backends.lua: no")).toBeNull();
  });
});
