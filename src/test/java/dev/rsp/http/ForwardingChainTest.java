// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.Rule;
import dev.rsp.http.h1.Heads;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which client trusted proxies name in X-Forwarded-For and Forwarded: rule 39. */
@Timeout(60)
final class ForwardingChainTest {
  /** Documentation addresses 192.0.2.0/24 and 2001:db8::/32 are clients'. */
  private static final TrustedProxies PROXIES = proxies("10.0.0.0/8", "fd00::/8");

  private static TrustedProxies proxies(String... networks) {
    return new TrustedProxies(
        false,
        false,
        Arrays.stream(networks)
            .map(network -> Objects.requireNonNull(IpNetwork.parse(network)))
            .toList());
  }

  private static String client(String fields, TrustedProxies proxies) {
    String lines = fields.replace(" | ", "\r\n");
    var head = Heads.request(Heads.with(lines));
    int name = fields.startsWith("Forwarded") ? FieldName.FORWARDED : FieldName.X_FORWARDED_FOR;
    IpAddress client = ForwardingChain.read(head, proxies, name).client();
    return client == null ? "the peer" : client.text();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = ';',
      value = {
        "X: y; the peer",
        "X-Forwarded-For: 192.0.2.1; 192.0.2.1",
        "X-Forwarded-For: 2001:DB8:0::1; 2001:db8::1",
        "X-Forwarded-For: ::ffff:192.0.2.1; 192.0.2.1",
        // The rightmost that is no proxy: what stands left of it is what a client wrote.
        "X-Forwarded-For: 192.0.2.66, 192.0.2.1; 192.0.2.1",
        "X-Forwarded-For: 192.0.2.66, 192.0.2.1, 10.0.0.2; 192.0.2.1",
        "X-Forwarded-For: 192.0.2.66, 192.0.2.1, 10.0.0.3, fd00::2; 192.0.2.1",
        "X-Forwarded-For: 192.0.2.66, 10.0.0.9, 192.0.2.1, 10.0.0.2; 192.0.2.1",
        // Several lines are one list.
        "X-Forwarded-For: 192.0.2.66 | X: y | X-Forwarded-For: 192.0.2.1; 192.0.2.1",
        "X-Forwarded-For: 192.0.2.66, 192.0.2.1 | X-Forwarded-For: 10.0.0.2; 192.0.2.1",
        // All of them are proxies: the request comes from the first.
        "X-Forwarded-For: 10.0.0.3, 10.0.0.2; 10.0.0.3",
        // Empty entries and blanks.
        "X-Forwarded-For: ,, 192.0.2.1 ,\t,; 192.0.2.1",
        "X-Forwarded-For:; the peer",
        "X-Forwarded-For: \t192.0.2.1\t,10.0.0.2; 192.0.2.1",
        // With a port.
        "X-Forwarded-For: 192.0.2.1:4711; 192.0.2.1",
        "X-Forwarded-For: [2001:db8::1]:4711; 2001:db8::1",
        "X-Forwarded-For: [2001:db8::1]; 2001:db8::1",
        "X-Forwarded-For: \"192.0.2.1\"; 192.0.2.1",
        // What is no address ends the search at the proxy right of it.
        "X-Forwarded-For: unknown; the peer",
        "X-Forwarded-For: 192.0.2.1, unknown; the peer",
        "X-Forwarded-For: 192.0.2.1, unknown, 10.0.0.2; 10.0.0.2",
        "X-Forwarded-For: unknown, 192.0.2.1; 192.0.2.1",
        "X-Forwarded-For: 192.0.2.1, localhost, 10.0.0.2; 10.0.0.2",
        "X-Forwarded-For: 192.0.2.1:; the peer",
        "X-Forwarded-For: 192.0.2.1:port; the peer",
        "X-Forwarded-For: 192.0.2.1:4/; the peer",
        "X-Forwarded-For: 192.0.2.1:123456; the peer",
        "X-Forwarded-For: 192.0.2.1:_hidden; 192.0.2.1",
        "X-Forwarded-For: 192.0.2.1:_a b; the peer",
        "X-Forwarded-For: 192.0.2.01; the peer",
        "X-Forwarded-For: 192.0.2.256; the peer",
        "X-Forwarded-For: 192.0.2; the peer",
        "X-Forwarded-For: 192.0.2.1.1; the peer",
        "X-Forwarded-For: [192.0.2.1]; the peer",
        "X-Forwarded-For: [2001:db8::1; the peer",
        "X-Forwarded-For: [2001:db8::1]x; the peer",
        "X-Forwarded-For: [2001:db8::1]:; the peer",
        "X-Forwarded-For: []; the peer",
        "X-Forwarded-For: \"\"; the peer",
        "X-Forwarded-For: \"; the peer",
        "X-Forwarded-For: \"192.0.2.1; the peer",
        "X-Forwarded-For: fe80::1%eth0; the peer",
        "X-Forwarded-For: a \"b, 192.0.2.1; 192.0.2.1",
        // Another field is not read.
        "X: y | Forwarded: for=192.0.2.66 | X-Forwarded-For: 192.0.2.1; 192.0.2.1",
      })
  @Rule(39)
  void readsTheListFromTheRight(String fields, String expected) {
    assertEquals(expected, client(fields, PROXIES));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "for=192.0.2.1|192.0.2.1",
        "For=192.0.2.1;proto=https;host=a|192.0.2.1",
        "proto=https; for=192.0.2.1 ;by=_x|192.0.2.1",
        "for=\"[2001:db8::1]:4711\"|2001:db8::1",
        "for=\"[2001:db8::1]\"|2001:db8::1",
        "for=192.0.2.66, for=192.0.2.1, for=10.0.0.2|192.0.2.1",
        "for=192.0.2.66,for=192.0.2.1;by=10.0.0.3,FOR=\"[fd00::2]\"|192.0.2.1",
        "for=10.0.0.3, for=10.0.0.2|10.0.0.3",
        // A comma or a semicolon in a quoted string separates nothing.
        "for=192.0.2.1;host=\"a,for=192.0.2.66;for=192.0.2.67\"|192.0.2.1",
        "for=192.0.2.1;x=\"a\\\",for=192.0.2.66\"|192.0.2.1",
        "for=192.0.2.66, for=192.0.2.1;x=\"never closed, for=192.0.2.67|192.0.2.1",
        "for=192.0.2.1;x=\"a\\|192.0.2.1",
        "for=192.0.2.1;x=a\\,for=10.0.0.2|192.0.2.1",
        // No address, or not exactly one.
        "for=unknown|the peer",
        "for=_hidden, for=10.0.0.2|10.0.0.2",
        "for=192.0.2.1, proto=https|the peer",
        "for=192.0.2.1;for=192.0.2.2|the peer",
        "for|the peer",
        "for=|the peer",
        "for =192.0.2.1|the peer",
        "fore=192.0.2.1|the peer",
        "=192.0.2.1|the peer",
        "192.0.2.1|the peer",
        ";;for=192.0.2.1;|192.0.2.1",
      })
  @Rule(39)
  void readsTheForParametersOfForwarded(String value, String expected) {
    assertEquals(expected, client("Forwarded: " + value, PROXIES));
  }

  @ParameterizedTest(name = "{0}: {1}, {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      nullValues = "-",
      value = {
        "for=192.0.2.1|-|-",
        "for=192.0.2.1;proto=https;host=a.example|https|a.example",
        "host=\"A.example:8443\";Proto=\"HTTPS\";for=192.0.2.1|https|A.example:8443",
        "proto=http;host=\"[::1]\"|http|[::1]",
        // Of the element that names the client.
        "for=192.0.2.66;proto=ftp;host=x, for=192.0.2.1;proto=https;host=y|https|y",
        "for=192.0.2.1;proto=https;host=y, for=10.0.0.2;proto=http;host=z|https|y",
        "for=192.0.2.1;proto=https;host=y, for=unknown;proto=http;host=z|http|z",
        "for=192.0.2.1;proto=https;host=y, for=192.0.2.2|-|-",
        // What is neither, and what is said twice.
        "proto=ftp;host=a/b|-|-",
        "proto=;host=|-|-",
        "proto=\";host=\"|-|-",
        "proto=\"https;host=a|-|-",
        "proto=https\";host=a|-|-",
        "proto;host=a|-|-",
        "proto=https;host|-|-",
        "proto https;host=a|-|-",
        "proto=https;proto=http;host=a|-|-",
        "proto=https;host=a;host=b|-|-",
        "proto=ht\\tps;host=\"a\\b\"|-|-",
        "protocol=https;hosts=a;foo=b|-|-",
      })
  @Rule(39)
  void readsWhatForwardedSaysOfTheClientsRequest(String value, String proto, String host) {
    var head = Heads.request(Heads.with("Forwarded: " + value));
    ForwardingChain chain = ForwardingChain.read(head, PROXIES, FieldName.FORWARDED);
    assertEquals(proto, chain.proto());
    assertEquals(host, chain.host());
  }

  /** With {@code forwarded = "append"} no network is known, so nobody but the peer is a proxy. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = ';',
      value = {
        "X-Forwarded-For: 192.0.2.66, 10.0.0.1; 10.0.0.1",
        "X-Forwarded-For: 10.0.0.1, unknown; the peer",
        "Forwarded: for=192.0.2.66, for=10.0.0.1; 10.0.0.1",
      })
  void takesTheLastEntryIfEveryPeerIsTrusted(String fields, String expected) {
    assertEquals(expected, client(fields, TrustedProxies.EVERY_PEER));
  }
}
