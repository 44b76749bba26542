// SPDX-License-Identifier: Apache-2.0
//
// A server with the admin API of rsp, for tests and for "npm run dev":
//
//   node test/mock.mjs [--slots 1000]
//
// Its figures are made up, and the same at each start.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** As the admin endpoint sends it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml", txt: "text/plain; charset=utf-8" };

const NO_STATUS = { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 };

/** A slot of the made-up configuration; three of them show something to look at. */
function slot(i, n) {
  const base = 40 + ((i * 7919) % 60);
  const up = { name: `live${i}`, index: i, address: `10.0.${i >> 8}.${i % 256}:8080`, protocol: "http", state: "up", file_state: "up", weight: 1 };
  const share = 1 / n;
  const figures = { share, hosts: Math.round(12_000 / n) + (i % 5), requests: base * 14_000, in_flight: i % 7, rate: base, status: { ...NO_STATUS, "2xx": base * 13_500, "3xx": base * 400, "4xx": base * 99, "5xx": 0 }, failures: {}, latency_ms: { p50: 4.2 + (i % 9), p95: 31 + (i % 20), p99: 120 + (i % 60) }, bytes_in: base * 9e6, bytes_out: base * 6e8 };
  if (i === 3) return { ...up, ...figures, failures: { refused: 12, response_timeout: 3, truncated: 1 }, status: { ...figures.status, "5xx": 214 }, latency_ms: { p50: 18, p95: 410, p99: 2_950 } };
  if (i === 5) return { ...up, ...figures, state: "drain", share: 0, rate: 0.3, in_flight: 2 };
  if (i === 6) return { ...up, ...figures, state: "down", file_state: "down", share: 0, rate: 0, in_flight: 0, latency_ms: null };
  return { ...up, ...figures };
}

const FIRST_RELOADS = [
  { at: "2026-11-27T15:04:05.120Z", kind: "reload", accepted: true, generation: 12, by: "uid=0(root)", lines: ["moved 768 of 12003 hosts (6.4 %)", "in force generation=12"] },
  { at: "2026-11-27T14:58:40.003Z", kind: "reload", accepted: false, generation: 11, by: "token=admin", lines: ['backends.lua:7: timeouts.haed: unknown key (did you mean head?)', "still in force generation=11"] },
  { at: "2026-11-27T14:50:11.420Z", kind: "override", accepted: true, generation: 11, by: "uid=0(root)", lines: ["override slot=live6 state=drain"] },
  { at: "2026-11-26T09:12:00.000Z", kind: "reload", accepted: true, generation: 11, by: "signal HUP", lines: [] },
];

/** Certificates: one broken, one expired, one that is not valid yet, one that expires soon, and good ones. */
function someCertificates() {
  const one = (name, days, more = {}) => ({ path: `/etc/rsp/certs/${name}.pem`, names: [name], key_type: "ECDSA P-256", not_before: "2026-09-01T00:00:00Z", not_after: new Date(Date.UTC(2026, 10, 27 + days)).toISOString(), days_left: days, served: true, problem: null, notes: [], ...more });
  return [
    { ...one("broken.example", 0), names: [], key_type: null, not_before: null, not_after: null, days_left: null, served: false, problem: "no private key (expected: in the same file, or in broken.example.key)" },
    one("kept.example", 40, { problem: "a certificate in it is damaged", notes: ["the last good one is still served"] }),
    one("old.example", -3, { problem: "expired 2026-11-24T00:00:00Z" }),
    one("next.example", 90, { problem: "not valid before 2026-12-24T00:00:00Z" }),
    one("soon.example", 5, { notes: ["every user of this machine can read its private key (expected: chmod o-r)"] }),
    one("alice.example", 61, { names: ["alice.example", "*.alice.example", "alice.test", "www.alice.test", "shop.alice.test"] }),
    one("bob.example", 75, { key_type: "RSA 2048" }),
  ];
}

/** What acme orders: one host failed, one waits, two are stored; and the authority is asked again later. */
function someOrders() {
  const one = (host, state, more = {}) => ({ host, state, not_before: null, not_after: null, renewal: null, failures: 0, problem: null, next_try: null, ...more });
  const stored = { not_before: "2026-11-20T00:00:00Z", not_after: "2027-02-18T00:00:00Z", renewal: "2027-01-20T04:11:00Z" };
  return {
    issued: 2, renewed: 14, failed: 3, interrupted: 1, queued: 1, running: 0, waiting_handshakes: 4, stored: 2, budget: 300, budget_used: 19,
    paused_until: "2027-11-27T17:00:00Z",
    pause_reason: "the CA answers 503 (Service busy; retry later)",
    hosts: [
      one("refused.example", "failed", { failures: 3, problem: "http-01: connection: Fetching http://refused.example/.well-known/acme-challenge/x: Connection refused", next_try: "2026-11-27T16:45:00Z" }),
      one("waits.example", "queued"),
      one("fresh.example", "stored", stored),
      one("shop.example", "stored", stored),
    ],
    more: false,
  };
}

/** Hours that end now, the oldest first. */
function hours() {
  const start = Date.UTC(2026, 10, 26, 16);
  return Array.from({ length: 24 }, (_, i) => {
    const requests = Math.round(2000 + 1800 * Math.sin(i / 3.6) + (i % 4) * 120);
    return { hour: new Date(start + i * 3_600_000).toISOString().replace(".000", ""), requests, bytes_in: requests * 900, bytes_out: requests * 41_000, backend_seconds: requests * 0.021 };
  });
}

/**
 * Starts one on a free port of 127.0.0.1.
 *
 * page: the folder of the built page. token: null if none is needed. slots: how many. past: how many seconds a new reader of events gets at once. Of the result, change "slots", "reloads", "hosts", "certificates", "orders", "usage", "token" and "delayMillis" at any time.
 */
export async function startMock({ page = null, token = null, slots = 12, port = 0, past = 1 } = {}) {
  const state = {
    token,
    slots: Array.from({ length: slots }, (_, i) => slot(i + 1, slots)),
    reloads: [...FIRST_RELOADS],
    hosts: ["www.alice.example", "www.bob.example", "www.carol.example", "shop.dave.example"],
    certificates: someCertificates(),
    /** null if acme is not set. */
    orders: someOrders(),
    delayMillis: 0,
    /** Whether the configuration sets usage. */
    usage: true,
    /** What was asked with POST. */
    posted: [],
    /** The names in requests that came without a token, although one is needed. */
    unauthorized: 0,
    tick: 0,
  };
  const streams = new Set();

  const figures = () => {
    const wave = (s) => (s.rate === 0 ? 0 : Math.max(0, s.rate * (1 + 0.12 * Math.sin((state.tick + s.index * 3) / 4))));
    const all = state.slots.map((s) => ({ ...s, rate: Math.round(wave(s) * 10) / 10, requests: s.requests + state.tick * Math.round(s.rate) }));
    const sum = (f) => all.reduce((n, s) => n + f(s), 0);
    const status = Object.fromEntries(Object.keys(NO_STATUS).map((k) => [k, sum((s) => s.status[k])]));
    return { slots: all, total: { hosts: sum((s) => s.hosts), requests: sum((s) => s.requests), in_flight: sum((s) => s.in_flight), rate: Math.round(sum((s) => s.rate) * 10) / 10, status, latency_ms: all.length ? { p50: 7.4, p95: 38, p99: 181 } : null, bytes_in: sum((s) => s.bytes_in), bytes_out: sum((s) => s.bytes_out) } };
  };
  /** Rendezvous hashing, so that an edit moves as little as possible. */
  const space = (names) => {
    const able = names.map((s, i) => [s.name ?? s, i + 1, s.state ?? "up"]).filter(([, , s]) => s === "up");
    const score = (name, i) => {
      let h = Math.imul(i + 1, 2654435761);
      for (const c of name) h = Math.imul(h ^ c.charCodeAt(0), 2246822519) ^ (h >>> 13);
      return (h ^ (h >>> 16)) >>> 0;
    };
    return Array.from({ length: 1024 }, (_, i) => able.reduce(([best, at], [name, index]) => (score(name, i) >= best ? [score(name, i), index] : [best, at]), [-1, 0])[1]);
  };
  /** The candidate of the mock is one name on each line. "bad" has problems. */
  const candidate = (text) => {
    if (text.includes("bad")) {
      const line = text.split("\n").findIndex((l) => l.includes("bad")) + 1;
      return { problems: [`candidate:${line}: backends: "bad" has no address (expected: host:port)`, "candidate: listen is missing"] };
    }
    return { names: text.split("\n").map((l) => l.trim()).filter(Boolean) };
  };
  const write = (name, data) => streams.forEach((stream) => stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
  const timer = setInterval(() => (state.tick++, write("slots", figures())), 1000);

  const answers = {
    "GET /api/status": () => [200, { version: "0.1.0", serving: true, file: "/etc/rsp/backends.lua", generation: 12, since: "2026-11-27T15:04:05Z" }],
    "GET /api/slots": () => [200, figures()],
    "GET /api/reloads": () => [200, { reloads: state.reloads }],
    "GET /api/space": () => [200, { buckets: 1024, slots: space(state.slots) }],
    "GET /api/hosts": (query) => {
      const found = state.hosts.filter((h) => h.startsWith(query.get("prefix") ?? ""));
      return [200, { hosts: found.map((host, i) => ({ host, slot: `live${i + 1}`, address: `10.0.0.${i + 1}:8080`, requests: 91_244 >> i })), more: false }];
    },
    "GET /api/hosts/top": (query) => {
      if (!state.usage) return [404, { error: "the configuration does not set usage" }];
      const key = { bytes: "bytes_out", time: "backend_seconds" }[query.get("by")] ?? "requests";
      const all = state.hosts.map((host, i) => ({ host, slot: i === 3 ? null : `live${i + 1}`, requests: 91_244 >> i, bytes_in: 8e6 * (i + 1), bytes_out: 3e9 / (4 - i), backend_seconds: 1_844.2 / (1 + ((i * 3) % 4)) }));
      return [200, { since: "2026-11-27T15:00:00Z", by: query.get("by"), hosts: all.sort((a, b) => b[key] - a[key]) }];
    },
    "GET /api/certificates": (query) => {
      const all = state.certificates;
      const name = query.get("name");
      const found = name ? all.filter((c) => c.names.includes(name)) : all;
      const limit = Number(query.get("limit"));
      const expired = all.filter((c) => c.days_left !== null && c.days_left < 0).length;
      const broken = all.filter((c) => c.problem && !/^(expired|not valid)/.test(c.problem)).length;
      const next = all.filter((c) => c.days_left >= 0 && c.not_after).map((c) => c.not_after).sort()[0] ?? null;
      return [200, { total: all.filter((c) => c.served).length, broken, expired, next_expiry: next, certificates: found.slice(0, limit), more: found.length > limit, orders: state.orders && { ...state.orders, hosts: state.orders.hosts.filter((h) => !name || h.host === name) } }];
    },
    "GET /api/explain": (query) => [200, { host: query.get("host"), rule: "select", hash: null, n: 12, slot: "live4", index: 4, address: "10.0.0.4:8080", failover: ["live7", "live9"] }],
    "POST /api/space": (_query, text) => {
      const { names, problems } = candidate(text);
      if (problems) return [422, { problems }];
      const before = space(state.slots);
      const after = space(names);
      const now = state.slots.map((s) => s.name);
      const moved = before.filter((s, i) => now[s - 1] !== names[after[i] - 1]).length / 1024;
      return [200, { buckets: 1024, before, after, moved, names_after: names }];
    },
    "POST /api/plan": (_query, text) => {
      const { names, problems } = candidate(text);
      if (problems) return [422, { problems }];
      const last = names[names.length - 1] ?? "none";
      return [200, { hosts: 12_003, moved: 923, percent: 7.69, requests: 1e6, moved_requests: 81_000, pairs: [{ from: "live1", to: last, hosts: 501, requests: 44_000 }, { from: "live2", to: last, hosts: 422, requests: 37_000 }], alternatives: [{ what: 'state = "down" for live3 instead of removal', moved: 310, percent: 2.6 }], slots: [], warnings: [] }];
    },
    "POST /api/reload": () => {
      const accepted = !state.refuseReload;
      const lines = accepted ? ["moved 0 of 12003 hosts", "in force generation=13"] : ["backends.lua:3: a backend is named twice", "still in force generation=12"];
      const entry = { at: new Date().toISOString(), kind: "reload", accepted, generation: accepted ? 13 : 12, by: "token=admin", lines };
      state.reloads = [entry, ...state.reloads];
      write("reload", entry);
      return [accepted ? 200 : 409, { accepted, lines }];
    },
  };

  function answer(method, url, text) {
    const found = answers[`${method} ${url.pathname}`];
    if (found) return found(url.searchParams, text);
    const [, kind, name] = /^\/api\/(hosts|slots)\/(.+)$/.exec(url.pathname)?.map((s) => decodeURIComponent(s)) ?? [];
    if (kind === "hosts" && method === "GET") {
      if (!/^[a-z0-9.:-]+$/i.test(name)) return [400, { error: "no valid host (expected: a host name, in ASCII)" }];
      const host = name.toLowerCase().replace(/:\d+$/, "");
      const known = state.hosts.includes(host);
      return [200, { host, slot: "live2", address: "10.0.0.2:8080", why: "default: hash.python of the host", cached: true, requests: known ? 45_622 : 0, last_slot: known ? "live2" : null, hours: known ? hours() : [] }];
    }
    if (kind === "slots" && method === "POST") {
      const at = state.slots.find((s) => s.name === name);
      if (!at) return [404, { error: `no slot ${name}` }];
      const wanted = JSON.parse(text).state;
      const next = wanted === "file" ? at.file_state : wanted;
      if (next !== "up" && state.slots.every((s) => s === at || s.state !== "up")) return [409, { error: "no slot would be up" }];
      at.state = next;
      write("slots", figures());
      return [200, at];
    }
    return [404, { error: "no such command" }];
  }

  async function file(path, res) {
    const name = path === "/" ? "index.html" : path.slice(1);
    if (page === null || !/^(assets\/)?[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(name)) return res.writeHead(404).end();
    try {
      const bytes = await readFile(join(page, name));
      const type = TYPES[name.split(".").pop()] ?? "application/octet-stream";
      res.writeHead(200, { "Content-Type": type, "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache" });
      return res.end(bytes);
    } catch {
      return res.writeHead(404).end();
    }
  }

  const server = createServer(async (req, res) => {
    const url = new URL(req.url, "http://rsp");
    const json = (status, value, more = {}) => res.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store", ...more }).end(JSON.stringify(value) + "\n");
    if (!url.pathname.startsWith("/api/")) return file(url.pathname, res);
    if (state.token !== null && req.headers.authorization !== `Bearer ${state.token}`) {
      state.unauthorized++;
      return json(401, { error: "a token is needed: Authorization: Bearer TOKEN" }, { "WWW-Authenticate": "Bearer" });
    }
    if (url.pathname === "/api/events") {
      res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      for (let i = 0; i < past; i++, state.tick++) res.write(`event: slots\ndata: ${JSON.stringify(figures())}\n\n`);
      streams.add(res);
      return res.on("close", () => streams.delete(res));
    }
    let text = "";
    for await (const piece of req.setEncoding("utf8")) text += piece;
    if (state.delayMillis > 0) await new Promise((done) => setTimeout(done, state.delayMillis));
    if (req.method === "POST") state.posted.push([url.pathname, text]);
    return json(...answer(req.method, url, text));
  });
  const listen = (at) => new Promise((done, failed) => server.once("error", failed).listen(at, "127.0.0.1", done));
  await listen(port);
  const bound = server.address().port;
  return Object.assign(state, {
    url: `http://127.0.0.1:${bound}/`,
    /** Refuses connections, and cuts those that are open. */
    stop: () => new Promise((done) => (server.close(done), server.closeAllConnections())),
    start: () => listen(bound),
    close: () => (clearInterval(timer), new Promise((done) => (server.close(done), server.closeAllConnections()))),
  });
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const at = process.argv.indexOf("--slots");
  const mock = await startMock({ port: 9902, slots: at < 0 ? 12 : Number(process.argv[at + 1]) });
  console.log(`mock of the admin API at ${mock.url}`);
}
