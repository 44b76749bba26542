// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.http.h1.HeadParser;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which heads belong to an authentication of the connection. */
@Timeout(20)
final class ConnectionAuthTest {
  private static final HeadParser PARSER = new HeadParser(32768, 100, 8192, WireOptions.DEFAULTS);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Authorization: NTLM TlRMTVNTUAAB | true",
        "authorization: negotiate YIIG | true",
        "Authorization: Nego2 YIIG | true",
        "Authorization: Kerberos YIIG | true",
        "Authorization: nTlM | true",
        "Proxy-Authorization: NTLM TlRMTVNTUAAB | true",
        "Authorization: Basic bnRsbTpudGxt | false",
        "Authorization: Bearer NTLM | false",
        "Authorization: NTLMv2 x | false",
        "Authorization: | false",
        "WWW-Authenticate: NTLM | false",
        "X: NTLM | false",
      })
  void aRequest(String field, boolean expected) {
    var head = new RequestHead();
    String text = "GET / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n";
    assertEquals(Parsed.DONE, PARSER.request(Unpooled.wrappedBuffer(bytes(text)), head));
    assertEquals(expected, head.connectionAuth());
    String next = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    assertEquals(Parsed.DONE, PARSER.request(Unpooled.wrappedBuffer(bytes(next)), head));
    assertEquals(false, head.connectionAuth());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "WWW-Authenticate: NTLM | true",
        "WWW-Authenticate: Negotiate | true",
        "WWW-Authenticate: NEGOTIATE oYG2 | true",
        "WWW-Authenticate: Basic realm=\"a\", NTLM | true",
        "WWW-Authenticate: Basic realm=\"a\" ,\tNegotiate, Digest x=y | true",
        "WWW-Authenticate: Basic realm=\"a\"\\r\\nwww-authenticate: ntlm | true",
        "WWW-Authenticate: Kerberos | true",
        "WWW-Authenticate: Nego2, Negotiate, NTLM | true",
        "Proxy-Authenticate: NTLM | true",
        "WWW-Authenticate: Basic realm=\"NTLM\" | false",
        "WWW-Authenticate: Digest qop=auth, nonce=NTLM | false",
        "WWW-Authenticate: ,, | false",
        "Authorization: NTLM | false",
      })
  void aResponse(String field, boolean expected) {
    var head = new ResponseHead();
    String text = "HTTP/1.1 401 Unauthorized\r\n" + field.replace("\\r\\n", "\r\n") + "\r\n\r\n";
    assertEquals(Parsed.DONE, PARSER.response(Unpooled.wrappedBuffer(bytes(text)), head));
    assertEquals(expected, head.connectionAuth());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
