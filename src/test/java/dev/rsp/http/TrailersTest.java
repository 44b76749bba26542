// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.util.AsciiString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which fields may be behind the content. */
@Timeout(10)
final class TrailersTest {
  private final Trailers trailers = new Trailers();

  private void add(String name) {
    trailers.add(new AsciiString(name), new AsciiString("value"));
  }

  @Test
  void fieldsThatAreForTheApplicationPassInOrder() {
    assertTrue(trailers.isEmpty());
    add("grpc-status");
    add("grpc-message");
    add("server-timing");
    assertEquals(
        "[grpc-status, value, grpc-message, value, server-timing, value]",
        trailers.fields().toString());
    assertFalse(trailers.isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "host", // routing
        "content-length", // framing
        "transfer-encoding",
        "te",
        "trailer",
        "content_length", // what backends take for it
        "content-type",
        "content_type",
        "authorization",
        "set-cookie",
        "if-none-match",
        "if_match",
        "x-forwarded-for",
        "x_forwarded_for",
        "x-forwarded-anything",
        "x-real-ip",
        "proxy-authorization",
        "sec-websocket-key"
      })
  void fieldsThatWouldBeTakenForThoseOfTheHeadDoNot(String name) {
    add(name);
    assertTrue(trailers.isEmpty());
  }
}
