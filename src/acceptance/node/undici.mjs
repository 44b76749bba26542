// SPDX-License-Identifier: Apache-2.0
//
// The client of npm's undici, over one connection of HTTP/2, and over four at once:
//
//   node undici.mjs URL CA
//
// undici 6 has one request at a time on a connection: with its option "pipelining" it fails by itself.
//
// Prints one line for each part that holds. Ends with status 1 at the first that does not.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { Client, Pool, fetch } from "undici";

const [url, ca] = process.argv.slice(2);
const options = { allowH2: true, connect: { ca: readFileSync(ca) } };
const client = new Client(url, options);
client.on("disconnect", (origin, targets, error) => assert.fail(`the connection is closed: ${error}`));

/** Sends a request; returns the status and the content of the answer. */
async function ask(path, more, dispatcher = client) {
  const { statusCode, body } = await dispatcher.request({ path, method: "GET", ...more });
  return [statusCode, Buffer.from(await body.arrayBuffer())];
}

const post = (path, body, more) => ask(path, { method: "POST", body, ...more });

async function askHundred(dispatcher) {
  const paths = Array.from({ length: 100 }, (_, i) => `/chunked/${i * 1009}`);
  const answers = await Promise.all(paths.map((path) => ask(path, {}, dispatcher)));
  answers.forEach(([status, bytes], i) => {
    assert.equal(status, 200);
    assert.equal(bytes.length, i * 1009);
  });
}

const sum = (bytes) => createHash("sha256").update(bytes).digest("hex");

const large = randomBytes(12_000_000);

async function part(name, run) {
  await run();
  console.log(`ok ${name}`);
}

await part("content of an answer", async () => {
  const answer = await fetch(`${url}/step/hints`, { dispatcher: client });
  assert.equal(await answer.text(), "behind hints");
});

await part("content of a request", async () => {
  const [status, bytes] = await post("/sum", "abc");
  assert.equal(status, 200);
  assert.equal(String(bytes), `${sum("abc")} 3`);
});

await part("a hundred requests over one connection", () => askHundred(client));

await part("a hundred requests over four connections", async () => {
  const pool = new Pool(url, { ...options, connections: 4 });
  await askHundred(pool);
  await pool.destroy();
});

await part("much content both ways", async () => {
  for (const body of [large, Readable.from([large.subarray(0, 5_000_000), large.subarray(5_000_000)])]) {
    const [status, bytes] = await post("/sum", body);
    assert.equal(status, 200);
    assert.equal(String(bytes), `${sum(large)} ${large.length}`);
  }
  const [, bytes] = await ask("/length/12000000");
  assert.equal(bytes.length, 12_000_000);
});

await part("100 (Continue)", async () => {
  const [status, bytes] = await post("/sum", "abc", { expectContinue: true });
  assert.equal(status, 200);
  assert.equal(String(bytes), `${sum("abc")} 3`);
});

await part("early hints and trailers", async () => {
  assert.equal(String((await ask("/step/hints"))[1]), "behind hints");
  assert.equal(String((await ask("/step/trailers"))[1]), "with trailers");
});

client.removeAllListeners("disconnect");
await client.destroy();
