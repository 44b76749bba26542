// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which fields make a response of a backend, and what is malformed. */
@Timeout(10)
final class BackendResponseFieldsTest {
  private final BackendResponseFields fields = new BackendResponseFields();

  private void add(String... all) {
    fields.start(1024);
    for (int i = 0; i < all.length; i += 2) {
      fields.add(octets(all[i]), octets(all[i + 1]));
    }
  }

  private static AsciiString octets(String text) {
    return new AsciiString(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private void refused(String why, String... all) {
    add(all);
    assertEquals(why, fields.compose());
  }

  @Test
  void aResponseIsWrittenInTheLayoutOfHttp1() {
    add(":status", "200", "x-name", "Value", "empty", "");
    assertNull(fields.compose());
    assertEquals(
        "HTTP/1.1 200 \r\nx-name: Value\r\nempty: \r\n\r\n",
        new String(fields.bytes(), 0, fields.length(), StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "20", "2000", "20x", "2 0", "020", "200 OK", "2.0", ":00"})
  void aStatusHasThreeDigits(String status) {
    refused("no valid :status", ":status", status);
  }

  @Test
  void theStatusIsThereOnceAndBeforeOtherFields() {
    refused("no :status");
    refused("no :status", "a", "b");
    refused(":status twice", ":status", "200", ":status", "200");
    refused("a pseudo-field behind another field", "a", "b", ":status", "200");
    refused("an unknown pseudo-field", ":path", "/");
    refused("an unknown pseudo-field", ":status", "200", ":status2", "/");
  }

  @Test
  void successForAWebSocketIs101InTheLayoutOfHttp1() {
    add(":status", "200", "sec-websocket-protocol", "chat", "sec-websocket-accept", "x");
    assertTrue(fields.isSuccess());
    fields.composeTunnel("dGhlIHNhbXBsZSBub25jZQ=="); // the example of RFC 6455 §1.3
    assertEquals(
        String.join(
            "\r\n",
            "HTTP/1.1 101 Switching Protocols",
            "connection: upgrade",
            "upgrade: websocket",
            "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "sec-websocket-protocol: chat",
            "",
            ""),
        new String(fields.bytes(), 0, fields.length(), StandardCharsets.ISO_8859_1));
    add(":status", "403");
    assertFalse(fields.isSuccess());
    add(":status", "200", "A", "b");
    assertFalse(fields.isSuccess());
    add("a", "b");
    assertFalse(fields.isSuccess());
  }

  @Test
  void thereIsNo101() {
    refused("101, which HTTP/2 does not have", ":status", "101");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\rb", "a\nb", "a\0b", " a", "a ", "a\u0001", "a\u007f"})
  void aValueHasNoEndOfALineAndNoSpaceAroundIt(String value) {
    refused("a field value with an octet that is not allowed", ":status", "200", "x", value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "A", "a b", "a:", "a\r\nb", "a\0", "\u00e4"})
  void aNameIsATokenInLowerCase(String name) {
    refused("a malformed field name", ":status", "200", name, "x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"connection", "transfer-encoding", "upgrade", "keep-alive", "proxy-connection"})
  void fieldsOfTheConnectionAreRefused(String name) {
    refused("a field of the connection", ":status", "200", name, "x");
  }

  @Test
  void whatFollowsAMalformedFieldDoesNotMatter() {
    refused("a malformed field name", ":status", "200", "A", "x", "connection", "x");
  }

  @Test
  void aListAboveTheLimitIsRefused() {
    refused("response head too large", ":status", "200", "x", "y".repeat(1000));
  }

  @Test
  void trailersThatMayBeTrailersArePassedOn() {
    add("grpc-status", "0", "content-length", "5", "grpc-message", "");
    assertNull(fields.trailerProblem());
    assertEquals(
        "[grpc-status, 0, grpc-message, ]",
        Objects.requireNonNull(fields.trailers()).fields().toString());
    add("content-length", "5");
    assertNull(fields.trailers());
    add();
    assertNull(fields.trailers());
  }

  @Test
  void trailersHaveNoPseudoFieldsAndFollowTheSameRules() {
    add(":status", "200");
    assertEquals("a pseudo-field behind the content", fields.trailerProblem());
    add("A", "x");
    assertEquals("a malformed field name", fields.trailerProblem());
  }
}
