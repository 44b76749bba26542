// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Wire;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The packaged program between raw sockets on both sides. The backend answers with the bytes of the
 * request, or with the bytes that a test gave it for a path.
 */
final class RuleStage implements AutoCloseable {
  /** The backend closes its connection after a response to such a path. */
  private static final String CLOSING = "/close";

  private final Map<String, String> answers = new ConcurrentHashMap<>();
  private final AtomicInteger heads = new AtomicInteger();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger aborted = new AtomicInteger();
  private final RawBackend backend;
  private final Rsp rsp;

  /** Starts rsp and the backend; the script refuses hosts that begin with "refused". */
  RuleStage(Path directory) throws IOException {
    backend = RawBackend.holding(this::hold);
    rsp =
        Rsp.serving(
            directory,
            """
            listen = "127.0.0.1:0"
            backends = { "%s" }
            via = "edge-1"
            limits = { head_bytes = 16384 }
            function select(request)
              if request.host:sub(1, 7) == "refused" then
                return nil, "not here"
              end
              return 1
            end
            """
                .formatted(backend.address()));
  }

  private void hold(Wire wire) throws IOException {
    for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
      heads.incrementAndGet();
      String body = body(head, wire);
      requests.incrementAndGet();
      String target = RawBackend.target(head);
      String answer = answers.get(target);
      if (answer == null) {
        wire.respond(head + "\r\n" + body);
      } else {
        wire.send(answer);
        if (target.startsWith(CLOSING)) {
          return;
        }
      }
    }
  }

  /** The body of a request as it is on the wire, with its chunk lines. */
  private String body(String head, Wire wire) throws IOException {
    if (!Wire.field(head, "Expect").isEmpty()) {
      wire.send("HTTP/1.1 100 Continue\r\n\r\n");
    }
    boolean chunked = !Wire.field(head, "Transfer-Encoding").isEmpty();
    String length = Wire.field(head, "Content-Length");
    int left = length.isEmpty() ? 0 : Integer.parseInt(length);
    var body = new ByteArrayOutputStream();
    while (chunked
        ? !body.toString(StandardCharsets.ISO_8859_1).endsWith("0\r\n\r\n")
        : body.size() < left) {
      int octet = wire.in().read();
      if (octet < 0) {
        aborted.incrementAndGet();
        throw new EOFException();
      }
      body.write(octet);
    }
    return body.toString(StandardCharsets.ISO_8859_1);
  }

  /** Has the backend answer with these bytes; returns the path to request. */
  String answering(String bytes) {
    return put("/" + answers.size(), bytes);
  }

  /** As above, and the backend then closes its connection. */
  String answeringAndClosing(String bytes) {
    return put(CLOSING + answers.size(), bytes);
  }

  private String put(String path, String bytes) {
    answers.put(path, bytes);
    return path;
  }

  /** The number of heads that reached the backend. */
  int heads() {
    return heads.get();
  }

  /** The number of whole requests that reached the backend. */
  int requests() {
    return requests.get();
  }

  /** The number of connections that ended in the middle of a request body. */
  int aborted() {
    return aborted.get();
  }

  /** The number of connections that were made to the backend. */
  int connections() {
    return backend.connections();
  }

  RawClient connect() throws IOException {
    return rsp.connect();
  }

  @Override
  public void close() throws IOException {
    rsp.close();
    backend.close();
  }
}
