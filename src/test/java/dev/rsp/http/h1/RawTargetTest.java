// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.Rule;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.WireOptions;
import dev.rsp.http.uwsgi.UwsgiWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code lenient.raw_targets}: octets that are not ASCII are encoded, and nothing else changes. */
final class RawTargetTest {
  private static final int MOST_TARGET_BYTES = 64;
  private static final HeadParser RAW =
      new HeadParser(32 << 10, 100, MOST_TARGET_BYTES, new WireOptions("rsp", false, false, true));

  /** In UTF-8, one character for each octet. */
  private static String utf8(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private static String request(String target) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  private static RequestHead head(String target) {
    return Heads.request(RAW, request(utf8(target)));
  }

  @ParameterizedTest
  @CsvSource({
    "/\u00fc, /%C3%BC",
    "/?q=\u00fc, /?q=%C3%BC",
    "/a\u20acb/%20?\ud83d\ude00=\u00fc&c, /a%E2%82%ACb/%20?%F0%9F%98%80=%C3%BC&c",
    "http://a/\u00fc?\u00fc, /%C3%BC?%C3%BC",
    "http://a?\u00fc, /?%C3%BC",
    "/a|b?c, /a|b?c",
  })
  @Rule(13)
  void aBackendGetsItEncoded(String target, String written) {
    var writer = new HeadWriter();
    writer.request(head(target), new byte[0], false);
    String line = Heads.text(writer).lines().findFirst().orElse("");
    assertEquals("GET " + written + " HTTP/1.1", line);
    int mark = written.indexOf('?');
    RequestHead head = head(target);
    assertEquals(mark < 0 ? written : written.substring(0, mark), head.path());
    assertEquals(mark < 0 ? "" : written.substring(mark + 1), head.query());
    assertEquals(written, head.pathAndQuery());
  }

  @Test
  void octetsThatAreNotUtf8AreEncodedAsWell() {
    RequestHead head = Heads.request(RAW, request("/\u00ff\u0080"));
    assertEquals("/%FF%80", head.path());
  }

  @Test
  void aUwsgiBackendGetsTheSameUriAndTheOctetsAsPath() {
    var writer = new UwsgiWriter();
    writer.request(head("/\u00fc?\u00fc"), 0, new Hop("http", null, () -> null), "rsp");
    String packet = new String(writer.bytes(), 0, writer.length(), StandardCharsets.ISO_8859_1);
    for (String variable :
        new String[] {
          "\u000b\0REQUEST_URI\u000e\0/%C3%BC?%C3%BC",
          "\t\0PATH_INFO\u0003\0/" + utf8("\u00fc"),
          "\f\0QUERY_STRING\u0006\0%C3%BC"
        }) {
      assertEquals(true, packet.contains(variable), variable);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/\u00fc b", "/\u00fc\tb", "/\u00fc\0", "/\u00fc\u007f", "/\u00fc#"})
  void otherOctetsStayRefused(String target) {
    Refusal refusal = Heads.refusedRequest(RAW, request(target));
    assertEquals(400, refusal.status());
  }

  @Test
  void aHostStaysAscii() {
    assertEquals(
        new Refusal(400, "invalid host"), Heads.refusedRequest(RAW, request("http://\u00fc/")));
    assertEquals(
        new Refusal(400, "invalid host"),
        Heads.refusedRequest(RAW, "GET / HTTP/1.1\r\nHost: \u00fc\r\n\r\n"));
  }

  @Test
  void itsLengthIsThatOfTheEncodedForm() {
    String fits = "/" + "\u00fc".repeat((MOST_TARGET_BYTES - 1) / 3);
    assertEquals(MOST_TARGET_BYTES, Heads.request(RAW, request(fits)).path().length());
    assertEquals(
        new Refusal(414, "request target too long"),
        Heads.refusedRequest(RAW, request(fits + "x")));
  }
}
