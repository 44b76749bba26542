// SPDX-License-Identifier: Apache-2.0
//
// A client of HTTP/2 made of Node's own module, over one connection:
//
//   node http2.mjs URL CA
//
// Prints one line for each part that holds. Ends with status 1 at the first that does not.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, constants } from "node:http2";

const [url, ca] = process.argv.slice(2);
const session = connect(url, { ca: readFileSync(ca) });
let closed = false;
session.on("close", () => (closed = true));

/** The status and the content of an answer. */
async function answer(stream) {
  const [headers] = await once(stream, "response");
  const parts = [];
  for await (const part of stream) {
    parts.push(part);
  }
  return [headers[":status"], Buffer.concat(parts)];
}

const get = (path) => session.request({ ":path": path });

const post = (path, options) => session.request({ ":path": path, ":method": "POST" }, options);

const sum = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function part(name, run) {
  await run();
  assert(!closed, "the connection is closed");
  console.log(`ok ${name}`);
}

await part("a hundred requests at once", async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => answer(get(`/chunked/${i * 1009}`))));
  answers.forEach(([status, bytes], i) => {
    assert.equal(status, 200);
    assert.equal(bytes.length, i * 1009);
  });
});

await part("uploads at once", async () => {
  const content = randomBytes(1_500_000);
  const sent = Array.from({ length: 5 }, () => {
    const stream = post("/sum");
    stream.end(content);
    return answer(stream);
  });
  for (const [status, bytes] of await Promise.all(sent)) {
    assert.equal(status, 200);
    assert.equal(String(bytes), `${sum(content)} ${content.length}`);
  }
});

await part("trailers of a request", async () => {
  const stream = post("/sum", { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "1" }));
  stream.end("abc");
  const [status, bytes] = await answer(stream);
  assert.equal(status, 200);
  assert.equal(String(bytes), `${sum("abc")} 3`);
});

await part("trailers of an answer", async () => {
  const [status, bytes] = await answer(get("/step/trailers"));
  assert.equal(status, 200);
  assert.equal(String(bytes), "with trailers");
});

await part("both ways in turn", async () => {
  const stream = post("/step/echo");
  stream.write("0");
  const [headers] = await once(stream, "response");
  assert.equal(headers[":status"], 200);
  for (let i = 1; i < 20; i++) {
    const [bytes] = await once(stream, "data");
    assert.equal(String(bytes), String(i - 1));
    stream.write(String(i));
  }
  assert.equal(String((await once(stream, "data"))[0]), "19");
  stream.end();
  await once(stream, "end");
});

await part("cancelled", async () => {
  const reading = get("/step/wait");
  await once(reading, "data");
  reading.close(constants.NGHTTP2_CANCEL);
  const sending = post("/step/wait");
  sending.write("abc");
  await once(sending, "data");
  sending.close(constants.NGHTTP2_CANCEL);
  const [status, bytes] = await answer(get("/length/5"));
  assert.equal(status, 200);
  assert.equal(bytes.length, 5);
});

session.close();
await once(session, "close");
