// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Backends that send large bodies, and hash those that they receive.
 *
 * <p>{@code GET /length/N} and {@code GET /chunked/N} send the blob of N bytes; anything with a
 * body is answered with the SHA-256 and the length of that body.
 */
public final class Origin {
  private Origin() {}

  /** Starts one on a free port of 127.0.0.1; rsp is its client. */
  public static RawBackend start() throws IOException {
    return RawBackend.holding(Origin::serve);
  }

  /** As {@link #start}, but another program is its client, so its requests are not judged. */
  public static RawBackend startBehindAnother() throws IOException {
    return RawBackend.behindAnother(Origin::serve);
  }

  private static void serve(Wire wire) throws IOException {
    for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
      if (head.startsWith("GET ")) {
        send(RawBackend.target(head), wire);
      } else {
        if (Wire.field(head, "Expect").equals("100-continue")) {
          wire.send("HTTP/1.1 100 Continue\r\n\r\n");
        }
        Blob.Sum sum = new Blob.Sum();
        wire.body(head, false, sum);
        wire.respond(sum.hex() + " " + sum.length());
      }
    }
  }

  private static void send(String target, Wire wire) throws IOException {
    OutputStream out = wire.out();
    long length = Long.parseLong(target.substring(target.lastIndexOf('/') + 1));
    // Varnish would cache the response, and the next test would not reach this backend.
    String head = "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n";
    if (target.startsWith("/chunked/")) {
      wire.send(head + "Transfer-Encoding: chunked\r\n\r\n");
      Blob.writeChunked(length, out);
    } else {
      wire.send(head + "Content-Length: " + length + "\r\n\r\n");
      Blob.write(length, out);
    }
  }
}
