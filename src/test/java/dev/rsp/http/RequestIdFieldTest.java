// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.http.h1.HeadParser;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids of requests. */
@Timeout(20)
final class RequestIdFieldTest {
  private static final RequestIdField FIELD = new RequestIdField("X-Request-ID");

  private static @Nullable String in(String... lines) {
    String text = "GET / HTTP/1.1\r\nHost: a\r\n" + String.join("\r\n", lines) + "\r\n\r\n";
    var head = new RequestHead();
    assertEquals(
        Parsed.DONE,
        new HeadParser(8192, 100, 8192, WireOptions.DEFAULTS)
            .request(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.ISO_8859_1)), head));
    return FIELD.in(head);
  }

  @Test
  void anIdIsReadFromTheFieldInAnyCase() {
    assertEquals("a-1", in("x-request-id: a-1"));
    assertEquals("", in("X-Request-ID:"));
    assertNull(in("X-Other: 1"));
  }

  @ParameterizedTest
  @CsvSource({
    "aZ09._:+/=@-, aZ09._:+/=@-",
    "<b>&\"', ?b????",
    "a b, a?b",
    "\u00fc, ?",
  })
  void whatCouldBeMarkupOrBreakALogIsNotShown(String sent, String shown) {
    assertEquals(shown, in("X-Request-ID: " + sent));
  }

  @Test
  void aLongIdIsShownInPart() {
    assertEquals("x".repeat(128), in("X-Request-ID: " + "x".repeat(200)));
  }

  @Test
  void aMadeIdHas128BitsAndIsMadeOnce() {
    String id = RequestIdField.next();
    assertTrue(id.matches("[0-9a-f]{32}"), id);
    assertNotEquals(id, RequestIdField.next());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Host", "Via", "X-Forwarded-For", "Forwarded", "X_Id", "a b", "Cookie:", "1"})
  void aNameWithAMeaningOfItsOwnIsNotValid(String name) {
    assertFalse(RequestIdField.isValid(name));
  }

  @Test
  void anyOtherNameIs() {
    assertTrue(RequestIdField.isValid("X-Request-ID"));
    assertEquals("X-Request-ID", FIELD.name());
    assertEquals("HTTP_X_REQUEST_ID", FIELD.variable());
  }
}
