// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.http.h1.HeadWriter;
import dev.rsp.http.h1.Heads;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which fields about earlier hops are forwarded, from whom, and with which value: rule 39. */
@Timeout(60)
final class UntrustedFieldsTest {
  private static final byte[] NOTHING_ADDED =
      "X-Forwarded-Host: ".getBytes(StandardCharsets.US_ASCII);

  private static HeadParser parser(String... untrusted) {
    return new HeadParser(
        32 << 10, 100, 8 << 10, WireOptions.DEFAULTS, UntrustedFields.of(List.of(untrusted)));
  }

  /** The fields between the Host field of a request and those of this hop. */
  private static String forwarded(HeadParser parser, String lines, boolean trusted) {
    RequestHead head = Heads.request(parser, Heads.with(lines.replace(" | ", "\r\n")));
    var writer = new HeadWriter();
    byte[] hop = trusted && head.has(FieldName.X_FORWARDED_HOST) ? new byte[0] : NOTHING_ADDED;
    writer.request(head, hop, trusted);
    String text = Heads.text(writer);
    String before = "GET / HTTP/1.1\r\nHost: a\r\n";
    assertTrue(text.startsWith(before), text);
    String rest = text.substring(before.length());
    String after = hop.length == 0 ? "\r\n" : "X-Forwarded-Host: a\r\n\r\n";
    assertTrue(rest.endsWith(after), text);
    return rest.substring(0, rest.length() - after.length()).strip().replace("\r\n", " | ");
  }

  private static String forwarded(String lines, boolean trusted) {
    return forwarded(Heads.PARSER, lines, trusted);
  }

  static List<String> names() {
    List<String> names = new ArrayList<>(UntrustedFields.defaultNames());
    names.addAll(List.of("X-Forwarded-For", "Forwarded"));
    return names;
  }

  @ParameterizedTest
  @MethodSource("names")
  @Rule(39)
  void passesAFieldThatApplicationsBelieveOnlyFromATrustedProxy(String name) {
    for (String spelled : List.of(name, name.toUpperCase(Locale.ROOT))) {
      String line = spelled + ": 1";
      assertEquals("X: y | Z: z", forwarded("X: y | " + line + " | Z: z", false));
      assertEquals("X: y | " + line + " | Z: z", forwarded("X: y | " + line + " | Z: z", true));
      // Nor can a client remove what a trusted proxy says (CVE-2024-45410).
      String nominated = "Connection: close, " + spelled + " | " + line;
      assertEquals(line, forwarded(nominated, true));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-Real-IP",
        "X-Forwarded-Port",
        "X-Forwarded-Ssl",
        "X-Forwarded-Server",
        "X-Forwarded-Prefix",
        "True-Client-IP",
        "Client-IP",
        "X-Forwarded-Scheme",
        "X-Client-IP",
        "CF-Connecting-IP",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Forwarded-User",
        "Remote-User",
        "Proxy-Client-IP",
        "WL-Proxy-Client-IP",
        "X-Auth-Request-User",
        "X-SSL-Client-Verify",
        "Client-Cert",
        "CloudFront-Forwarded-Proto",
      })
  void knowsWhatApplicationsBelieve(String name) {
    assertEquals("", forwarded(name + ": 1", false));
  }

  /** CGI, WSGI and PHP write one variable for all of these. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "X_Real_IP",
        "X-Real_IP",
        "X.Real.IP",
        "x_real-ip",
        "X~Real!IP",
        "X_Forwarded_Port",
        "X_Forwarded_For",
        "X.Forwarded.Proto",
        "X_Forwarded-Host",
        "Script-Name",
        "SCRIPT.NAME",
        "Path-Info",
        "True_Client_IP",
        "Content_Length",
        "Content.Length",
        "Transfer_Encoding",
        "Transfer~Encoding",
        "Keep_Alive",
        "Max_Forwards",
      })
  @Rule(39)
  void passesNoNameThatBecomesTheVariableOfAnother(String name) {
    assertEquals("X: y", forwarded(name + ": 1 | X: y", false));
    assertEquals("X: y", forwarded(name + ": 1 | X: y", true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-Real-IPs",
        "X-R!al-IP",
        "X-Real",
        "XReal-IP",
        "X0Real-IP",
        "X-Real-0P",
        "Y-Real-IP",
        "X-RealzIP",
        "X-Forwarded-Foo",
        "Content-Lengthx",
        "Contents-Length",
        "Content0Length",
        "0-Real-IP",
        "Transfer-Encodinq",
        "Proxz",
        "Proxys",
        "Pr_xy",
        "X",
        "!",
        "Accept",
        "~-Real-IP",
      })
  void passesOtherNames(String name) {
    assertEquals(name + ": 1", forwarded(name + ": 1", false));
  }

  @Test
  void passesNamesThatAreLongerThanAny() {
    for (int length = UntrustedFields.MAX_NAME - 1;
        length < UntrustedFields.MAX_NAME + 3;
        length++) {
      String line = "x".repeat(length) + ": 1";
      assertEquals(line, forwarded(line, false));
    }
  }

  /** Many libraries take HTTP_PROXY for their own proxy (CVE-2016-5385 and others). */
  @Test
  @Rule(39)
  void passesProxyFromNobody() {
    for (String name : List.of("Proxy", "proxy", "PROXY")) {
      assertEquals("X: y", forwarded(name + ": http://evil | X: y", false));
      assertEquals("X: y", forwarded(name + ": http://evil | X: y", true));
    }
  }

  @ParameterizedTest(name = "{0} becomes {1}")
  @CsvSource(
      delimiter = ';',
      value = {
        "X-Forwarded-Proto: https; X-Forwarded-Proto: https",
        "X-Forwarded-Proto: HTTPS; X-Forwarded-Proto: HTTPS",
        "X-Forwarded-Proto: a+b-c.9; X-Forwarded-Proto: a+b-c.9",
        // One value: the last, which the proxy has written itself.
        "X-Forwarded-Proto: http, https; X-Forwarded-Proto: https",
        "X-Forwarded-Proto: http,https; X-Forwarded-Proto: https",
        "X-Forwarded-Proto: https , ,; X-Forwarded-Proto: https",
        "X-Forwarded-Proto: http | X-Forwarded-Proto: https; X-Forwarded-Proto: https",
        "X-Forwarded-Proto: a | X-Forwarded-Proto: b | X: y | x-forwarded-proto: c; X: y | x-forwarded-proto: c",
        "X-Forwarded-Proto: https | X-Forwarded-Host: b; X-Forwarded-Proto: https | X-Forwarded-Host: b",
        "X-Forwarded-Host: b, c.example:8443; X-Forwarded-Host: c.example:8443",
        "X-Forwarded-Host: b | X-Forwarded-Host: [::1]; X-Forwarded-Host: [::1]",
        // What is no scheme or no host is not passed on; nor is an earlier one in its place.
        "X: y | X-Forwarded-Proto:; X: y",
        "X: y | X-Forwarded-Proto: ,; X: y",
        "X: y | X-Forwarded-Proto: 9http; X: y",
        "X: y | X-Forwarded-Proto: +http; X: y",
        "X: y | X-Forwarded-Proto: ht tp; X: y",
        "X: y | X-Forwarded-Proto: https://a; X: y",
        "X: y | X-Forwarded-Proto: {a; X: y",
        "X: y | X-Forwarded-Proto: https | X-Forwarded-Proto: h\u00e4; X: y",
        "X: y | X-Forwarded-Host: a/b; X: y",
        "X: y | X-Forwarded-Host: a b; X: y",
        "X: y | X-Forwarded-Host:; X: y",
        "X: y | X-Forwarded-Host: b, <script>; X: y",
        // The same for other fields in which proxies say one thing.
        "X-Real-IP: 192.0.2.66 | X-Real-IP: 192.0.2.1; X-Real-IP: 192.0.2.1",
        "X-Real-IP: 192.0.2.66, 192.0.2.1; X-Real-IP: 192.0.2.1",
        "X-Forwarded-Port: 80,443; X-Forwarded-Port: 443",
        "X-Forwarded-Ssl: off | X-Real-IP: 192.0.2.1 | X-Forwarded-Ssl: on; X-Real-IP: 192.0.2.1 | X-Forwarded-Ssl: on",
        "Client-IP: 1 | X-Client-IP: 2; Client-IP: 1 | X-Client-IP: 2",
        "X-Forwarded-Uri: /a | X-Forwarded-Path: /b; X-Forwarded-Uri: /a | X-Forwarded-Path: /b",
        "X-Forwarded-Port: 1 | X-Forwarded-Path: 2; X-Forwarded-Port: 1 | X-Forwarded-Path: 2",
        // An empty one says nothing.
        "X: y | X-Forwarded-Port:; X: y",
        "X: y | X-Real-IP: 192.0.2.1 | X-Real-IP: ,; X: y",
        "X: y | X-Forwarded-For: | Forwarded:; X: y",
        "X-Forwarded-For: | X-Forwarded-For: 1; X-Forwarded-For: 1",
        // A path or a certificate may contain commas.
        "X-Forwarded-Prefix: /a,b; X-Forwarded-Prefix: /a,b",
        "X-Original-URL: /a | X-Original-URL: /b,c; X-Original-URL: /b,c",
        // Lists.
        "X-Forwarded-For: 1, 2 | X-Forwarded-For: 3; X-Forwarded-For: 1, 2 | X-Forwarded-For: 3",
        "Forwarded: for=a, for=b | Forwarded: for=c; Forwarded: for=a, for=b | Forwarded: for=c",
      })
  @Rule(39)
  void passesOneValueOfATrustedProxy(String in, String out) {
    assertEquals(out, forwarded(in, true));
  }

  @Test
  void aScriptReadsTheValueThatIsPassedOn() {
    String lines = "X-Forwarded-Proto: a\r\nX-Forwarded-Proto: b, c\r\nX-Forwarded-Host: <";
    RequestHead head = Heads.request(Heads.with(lines));
    assertEquals("c", head.field("X-Forwarded-Proto"));
    assertNull(head.field("X-Forwarded-Host"));
    List<String> all = new ArrayList<>();
    head.eachField((name, value) -> all.add(name + "=" + value));
    assertEquals(List.of("Host=a", "X-Forwarded-Proto=c"), all);
  }

  @Test
  @Rule(39)
  void takesTheListOfTheConfigurationInPlaceOfItsOwn() {
    HeadParser parser = parser("X-Tenant", "x_user");
    String lines = "X-Real-IP: 1 | X-Tenant: 2 | x_user: 3 | X-User: 4 | X: y | X-Tenant: 5, 6";
    assertEquals("X-Real-IP: 1 | X: y", forwarded(parser, lines, false));
    assertEquals(
        "X-Real-IP: 1 | x_user: 3 | X: y | X-Tenant: 5, 6", forwarded(parser, lines, true));
    // The fields that rsp writes itself are guarded whatever the list says.
    assertEquals("", forwarded(parser, "X-Forwarded-For: 1 | Forwarded: for=1", false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"X-Tenant", "x_user", "a", "X-Forwarded-For", "Forwarded", "X~1"})
  void takesAnyNameOfAField(String name) {
    assertTrue(UntrustedFields.isValid(name));
    assertTrue(UntrustedFields.isValid("x".repeat(UntrustedFields.MAX_NAME)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "9x", "-x", "x y", "x:", "\u00e4", "x\u00e4", "Host", "connection", "Via"})
  void refusesOtherTextsAndFieldsThatHaveAMeaningToRsp(String name) {
    assertFalse(UntrustedFields.isValid(name));
    assertFalse(UntrustedFields.isValid("x".repeat(UntrustedFields.MAX_NAME + 1)));
  }
}
