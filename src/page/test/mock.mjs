// SPDX-License-Identifier: Apache-2.0
//
// Answers as the admin API of rsp does, with figures that change: for work on the page, and for its tests.
//
//   node test/mock.mjs [PORT [SLOTS [TOKEN [FOLDER]]]]
//
// Listens on 127.0.0.1 and prints the address. FOLDER is a built page, which it serves with the policy of rsp.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const [port = "9902", slotCount = "4", token = "", folder = ""] = process.argv.slice(2);
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';" +
  " form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
};
const COUNT = Number(slotCount);
const started = Date.now();
const states = Array.from({ length: COUNT }, (_, i) => (i === 2 ? "drain" : "up"));
const fileStates = [...states];
const REFUSED =
  'backends.lua:7: backends[3]: "10.0.0.300:80" (expected: an IPv4 address of four numbers from 0 to 255, or a name, before the port)';
const reloads = [
  {
    at: "2026-11-27T08:12:03Z",
    accepted: true,
    generation: 3,
    by: "uid=0 pid=811",
    lines: ["moved 1,204 of 48,117 known hosts (2.5 %)"],
  },
  { at: "2026-11-27T07:58:40Z", accepted: false, generation: 2, by: "HUP", lines: [REFUSED] },
];

function slot(i) {
  const up = states[i] === "up";
  const seconds = (Date.now() - started) / 1000;
  const rate = up ? Math.max(0, 40 + 25 * Math.sin(seconds / 7 + i) + 5 * (i % 20)) : 0;
  return {
    name: `live${i + 1}`,
    index: i + 1,
    address: `10.0.${Math.floor(i / 250)}.${(i % 250) + 1}:80`,
    protocol: "http",
    state: states[i],
    file_state: fileStates[i],
    weight: 1,
    share: up ? 1 / states.filter((state) => state === "up").length : 0,
    hosts: 12000 + 17 * i,
    requests: 1000000 + Math.round(seconds * rate),
    in_flight: up ? 3 + (i % 5) : 0,
    rate,
    status: { "1xx": 0, "2xx": 950000, "3xx": 30000, "4xx": 18000, "5xx": i === 1 ? 21000 : 40 },
    failures: i === 1 ? { refused: 812, timeout: 3 } : {},
    latency_ms: up ? { p50: 4.2 + (i % 9) / 10, p95: 31 + (i % 9), p99: 180 + 10 * (i % 9) } : null,
    bytes_in: 812000000,
    bytes_out: 93000000000 + i,
  };
}

function slots() {
  const all = states.map((_, i) => slot(i));
  const sum = (of) => all.reduce((n, one) => n + of(one), 0);
  const status = {};
  for (const key of ["1xx", "2xx", "3xx", "4xx", "5xx"]) {
    status[key] = sum((one) => one.status[key]);
  }
  const total = { status, latency_ms: { p50: 4.4, p95: 33, p99: 190 } };
  for (const key of ["hosts", "requests", "in_flight", "rate", "bytes_in", "bytes_out"]) {
    total[key] = sum((one) => one[key]);
  }
  return { slots: all, total };
}

const space = (n) => Array.from({ length: 1024 }, (_, i) => (((i * 2654435761) % 4294967296) % n) + 1);

function plan(candidate) {
  const line = candidate.split("\n").findIndex((one) => one.includes("bakends"));
  if (line >= 0) {
    const expected = "(expected: a known key, or local; did you mean backends?)";
    return [422, { error: "not a configuration", problems: [`candidate:${line + 1}: bakends: a table ${expected}`] }];
  }
  return [
    200,
    {
      hosts: 48117,
      moved: 38490,
      percent: 79.99,
      warnings: [],
      pairs: [
        { from: "live1", to: "live2", hosts: 9600 },
        { from: "live2", to: "live5", hosts: 9400 },
      ],
      alternatives: [{ what: "the slots in the old order, new ones at the end", moved: 9600, percent: 19.9 }],
      slots: [...states, "up"].map((_, i) => ({ name: `live${i + 1}`, hosts_before: 1, hosts_after: 1 })),
    },
  ];
}

function host(name) {
  const hours = Array.from({ length: 48 }, (_, i) => ({
    hour: new Date(Date.UTC(2026, 10, 26, i)).toISOString().replace(".000", ""),
    requests: Math.round(400 + 380 * Math.sin(i / 3.8)),
    bytes_in: 80000,
    bytes_out: 5100000,
    backend_seconds: 12.5,
  }));
  return {
    host: name,
    slot: "live2",
    address: "10.0.0.2:80",
    why: "hash",
    cached: true,
    requests: 48120,
    last_slot: "live2",
    hours: name.startsWith("new") ? [] : hours,
  };
}

function hosts(query) {
  const prefix = query.get("prefix") ?? "";
  const known = ["alice.example", "bob.example", "carol.example"].filter((one) => one.startsWith(prefix));
  return {
    hosts: known.map((one) => ({ host: one, slot: "live1", address: "10.0.0.1:80", requests: 8123 })),
    more: false,
  };
}

function change(name, body) {
  const i = Number(name.slice(4)) - 1;
  const { state } = JSON.parse(body);
  if (state === "down" && states.filter((one) => one === "up").length === 1 && states[i] === "up") {
    return [409, { error: "no slot would be up" }];
  }
  states[i] = state === "file" ? fileStates[i] : state;
  return [200, slot(i)];
}

function answer(method, path, query, body) {
  const name = decodeURIComponent(path.split("/").pop());
  switch (`${method} ${path}`) {
    case "GET /api/status": {
      const [{ generation, at }] = reloads;
      const file = "/etc/rsp/backends.lua";
      return [
        200,
        { version: "0.1.0", pid: 811, file, generation, since: at, listen: ["0.0.0.0:80"], connections: 912 },
      ];
    }
    case "GET /api/slots":
      return [200, slots()];
    case "GET /api/reloads":
      return [200, { reloads }];
    case "GET /api/space":
      return [200, { buckets: 1024, slots: space(COUNT) }];
    case "POST /api/space":
      return [200, { buckets: 1024, before: space(COUNT), after: space(COUNT + 1), moved: 0.8 }];
    case "POST /api/plan":
      return plan(body);
    case "POST /api/reload":
      return [200, { accepted: true, lines: ["moved no known host"] }];
    case "GET /api/hosts":
      return [200, hosts(query)];
    default:
      if (method === "GET" && path.startsWith("/api/hosts/")) {
        return [200, host(name)];
      }
      if (method === "POST" && path.startsWith("/api/slots/")) {
        return change(name, body);
      }
      return [404, { error: "no such path" }];
  }
}

function file(path, response) {
  try {
    const known = normalize(path === "/" ? "/index.html" : path);
    const content = readFileSync(join(folder, known));
    response.writeHead(200, {
      "Content-Type": TYPES[extname(known)] ?? "application/octet-stream",
      "Content-Security-Policy": POLICY,
      "X-Content-Type-Options": "nosniff",
    });
    response.end(content);
  } catch {
    response.writeHead(404).end("no such file");
  }
}

function events(response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const tell = () => response.write(`event: slots\ndata: ${JSON.stringify(slots())}\n\n`);
  tell();
  const timer = setInterval(tell, 1000);
  response.on("close", () => clearInterval(timer));
}

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  let body = "";
  request.setEncoding("utf8").on("data", (part) => (body += part));
  request.on("end", () => {
    if (!pathname.startsWith("/api/")) {
      file(pathname, response);
    } else if (token !== "" && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401, { "WWW-Authenticate": "Bearer", "Content-Type": "application/json" });
      response.end(JSON.stringify({ error: "a token is needed" }));
    } else if (pathname === "/api/events") {
      events(response);
    } else {
      const [status, value] = answer(request.method, pathname, searchParams, body);
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(value));
    }
  });
}).listen(Number(port), "127.0.0.1", function () {
  console.log(`http://127.0.0.1:${this.address().port}/`);
});
