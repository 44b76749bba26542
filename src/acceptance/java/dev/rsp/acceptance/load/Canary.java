// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import dev.rsp.acceptance.rig.Ends;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Wire;
import dev.rsp.certs.TestCa;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Clients and backends that put a mark of 128 bits into every head and body, and look for marks of
 * other requests in all that they get. At the same time they close at any point, the clients
 * pipeline, and the backends cut their responses. Two of the backends speak HTTP/1, one HTTP/2 in
 * the clear, and one HTTP/2 over TLS.
 *
 * <p>A client's mark is in its target, in a field and, often, in a body. The backend reports a
 * request with two different marks, and answers with the client's mark and one of its own in head
 * and body.
 */
final class Canary implements AutoCloseable {
  /** The number of its backends. */
  static final int BACKENDS = 4;

  /** The name in the certificate of the backend that speaks TLS. */
  private static final String TLS_NAME = "canary.internal";

  private static final int BODY_REPEATS = 60;

  private final AtomicLong asked = new AtomicLong();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong broken = new AtomicLong();
  private final AtomicLong fouls = new AtomicLong();
  private final AtomicInteger seen = new AtomicInteger();
  private final Marks marks = new Marks();
  private final RawBackend first;
  private final RawBackend second;
  private final Http2CanaryBackend clear;
  private final Http2CanaryBackend overTls;

  /** Writes the certificate of its authority into the directory of the configuration. */
  Canary(Path directory) throws IOException {
    TestCa ca = TestCa.create();
    TestCa.write(directory.resolve("canary.pem"), ca.rootPem());
    first = RawBackend.holding(this::serve);
    second = RawBackend.holding(this::serve);
    clear = Http2CanaryBackend.inTheClear(marks, this::foul);
    overTls = Http2CanaryBackend.overTls(marks, this::foul, ca.ecdsa(TLS_NAME));
  }

  /**
   * The configuration's {@code backends} with so many of them, for a reload to change, and what
   * they need. The table ends with the last brace.
   */
  String slots(int count) {
    List<String> slots =
        List.of(
            Rsp.slot("b0", first.address()),
            Rsp.slot("b1", "h2c://" + clear.address()),
            Rsp.slot("b2", "h2://" + overTls.address()),
            Rsp.slot("b3", second.address()));
    return "backend_tls = { ca = \"canary.pem\", name = \"%s\" }\nbackends = {\n%s}\n"
        .formatted(TLS_NAME, String.join("", slots.subList(0, count)));
  }

  /**
   * The index of the backend for a request, in Lua, with so many of them: by its host, or by its
   * path if all requests of a kind of clients are for one host.
   */
  static String place(int count) {
    return "hash.python(request.host == \"%s\" and request.path or request.host, %d)"
        .formatted(SecureClients.HOST, count);
  }

  // Backends ------------------------------------------------------------------------------------

  private void serve(Wire wire) throws IOException {
    for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
      var body = new ByteArrayOutputStream();
      wire.body(head, false, body);
      seen.incrementAndGet();
      String text = head + "\n" + body.toString(StandardCharsets.ISO_8859_1);
      String mark = marks.client(text, "at the backend");
      String own = Marks.ofBackend();
      String part = mark + own + "\n";
      int repeats = ThreadLocalRandom.current().nextInt(BODY_REPEATS);
      String fields = "HTTP/1.1 200 OK\r\nX-Client: " + mark + "\r\nX-Backend: " + own + "\r\n";
      String answer = answer(fields, part, repeats, head.startsWith("HEAD "));
      switch (ThreadLocalRandom.current().nextInt(40)) {
        case 0 -> {
          wire.reset();
          return;
        }
        case 1 -> {
          wire.send(answer.substring(0, fields.length() / 2));
          return;
        }
        case 2 -> {
          wire.send(answer.substring(0, ThreadLocalRandom.current().nextInt(answer.length())));
          wire.reset();
          return;
        }
        case 3 -> {
          wire.send(answer.substring(0, ThreadLocalRandom.current().nextInt(answer.length())));
          return;
        }
        case 4 -> {
          // No client may get bytes that follow a response.
          wire.send(answer + "HTTP/1.1 200 OK\r\nX-Client: " + Marks.ofClient() + "\r\n\r\n");
          wire.rest();
          return;
        }
        case 5 -> {
          wire.send("HTTP/1.1 103 Early Hints\r\nX-Client: " + mark + "\r\n\r\n");
          wire.send(answer);
        }
        default -> wire.send(answer);
      }
    }
  }

  private static String answer(String fields, String part, int repeats, boolean isHead) {
    if (ThreadLocalRandom.current().nextBoolean()) {
      int length = part.length() * repeats;
      return fields
          + "Content-Length: "
          + length
          + "\r\n\r\n"
          + (isHead ? "" : part.repeat(repeats));
    }
    String chunk = Integer.toHexString(part.length()) + "\r\n" + part + "\r\n";
    return fields
        + "Transfer-Encoding: chunked\r\n\r\n"
        + (isHead ? "" : chunk.repeat(repeats) + "0\r\n\r\n");
  }

  // Clients -------------------------------------------------------------------------------------

  /** Sends requests on its own connections while {@code more} says so; one thread. */
  void ask(int port, BooleanSupplier more) {
    while (more.getAsBoolean()) {
      try (RawClient client = new RawClient(port)) {
        while (more.getAsBoolean() && exchange(client.wire())) {
          // the next one on the same connection
        }
      } catch (IOException e) {
        broken.incrementAndGet();
      } catch (AssertionError e) {
        foul(e.toString());
      }
    }
  }

  private void foul(String what) {
    fouls.incrementAndGet();
    marks.note(what);
  }

  /** Sends one request, or some pipelined; false if the connection has ended. */
  private boolean exchange(Wire wire) throws IOException {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    int count = random.nextInt(6) == 0 ? 1 + random.nextInt(5) : 1;
    List<String> sent = new ArrayList<>();
    List<Boolean> heads = new ArrayList<>();
    var requests = new StringBuilder();
    for (int i = 0; i < count; i++) {
      String mark = Marks.ofClient();
      boolean isHead = random.nextInt(10) == 0;
      sent.add(mark);
      heads.add(isHead);
      requests.append(request(mark, isHead));
    }
    asked.addAndGet(count);
    switch (random.nextInt(30)) {
      case 0 -> {
        wire.send(requests.substring(0, random.nextInt(requests.length())));
        wire.reset();
        return false;
      }
      case 1 -> {
        wire.send(requests.toString());
        wire.reset();
        return false;
      }
      case 2 -> {
        wire.send(requests.toString());

        // Not more than has arrived: skip() would wait for all bytes that it is asked to skip.
        wire.in().readNBytes(1);
        wire.in().skip(Math.min(wire.in().available(), random.nextInt(500)));
        wire.reset();
        return false;
      }
      case 3 -> {
        wire.send(requests.toString());
        wire.halfClose();
      }
      default -> wire.send(requests.toString());
    }
    for (int i = 0; i < count; i++) {
      if (!read(wire, sent.get(i), heads.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static String request(String mark, boolean isHead) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    String host = "h" + random.nextInt(50) + ".example";
    String fields = "/" + mark + " HTTP/1.1\r\nHost: " + host + "\r\nX-Mark: " + mark + "\r\n";
    if (isHead || random.nextInt(3) > 0) {
      return (isHead ? "HEAD " : "GET ") + fields + "\r\n";
    }
    String body = mark.repeat(1 + random.nextInt(100));
    if (random.nextBoolean()) {
      return "POST " + fields + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }
    return ("PUT " + fields + "Transfer-Encoding: chunked\r\n\r\n")
        + (Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n");
  }

  /** Reads an answer; false if it is the last. */
  private boolean read(Wire wire, String mark, boolean isHead) throws IOException {
    String head = wire.head();
    while (head.startsWith("HTTP/1.1 103")) {
      marks.same(mark, head, "in an interim head");
      head = wire.head();
    }
    if (head.isEmpty()) {
      broken.incrementAndGet();
      return false;
    }
    var body = new ByteArrayOutputStream();
    try {
      if (!isHead) {
        wire.body(head, true, body);
      }
      answered.incrementAndGet();
    } catch (EOFException cut) {
      broken.incrementAndGet();
      return false;
    } finally {
      // A truncated response must be of this request as well.
      marks.same(mark, head + body.toString(StandardCharsets.ISO_8859_1), "at the client");
    }
    return !Wire.field(head, "Connection").equals("close");
  }

  /** Where marks are looked for, also by other clients of its backends. */
  Marks marks() {
    return marks;
  }

  // Counters -----------------------------------------------------------------------------------

  /** Requests that clients began to send. */
  long asked() {
    return asked.get();
  }

  /** Answers that came whole. */
  long answered() {
    return answered.get();
  }

  /** Connections and responses that ended early, as clients and backends made them. */
  long broken() {
    return broken.get();
  }

  /** Marks where they must not be. */
  long foreign() {
    return marks.foreign();
  }

  /**
   * How often rsp wrote what it must not, to a client or to a backend of HTTP/2; for those of
   * HTTP/1 {@link #close} fails instead.
   */
  long fouls() {
    return fouls.get();
  }

  /** The first of both, with the text around them. */
  Queue<String> findings() {
    return marks.findings();
  }

  /** Requests that backends of HTTP/1 read whole. */
  int seen() {
    return seen.get();
  }

  /** Requests that the backend of HTTP/2 in the clear read whole. */
  int seenByHttp2() {
    return clear.seen();
  }

  /** Requests that the backend of HTTP/2 over TLS read whole. */
  int seenOverTls() {
    return overTls.seen();
  }

  @Override
  public void close() {
    Ends.closeAll(clear, overTls, first, second);
  }
}
