// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.http.TrustedProxies;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The proxies in front of a listen address that send PROXY headers. */
@Timeout(20)
class ProxyProtocolKeyTest {
  private static final String BACKENDS = "backends = { '127.0.0.1:1' }";

  @TempDir Path directory;

  private @Nullable TrustedProxies peers(String listen) throws Exception {
    Config config = ConfigFile.in(directory, "listen = " + listen, BACKENDS).load();
    return config.listen().get(0).options().proxyProtocol();
  }

  private static InetSocketAddress ip(String address) {
    return new InetSocketAddress(address, 1);
  }

  @Test
  void areNoneWithoutTheKey() throws Exception {
    assertNull(peers("'127.0.0.1:0'"));
    assertNull(peers("{ address = '127.0.0.1:0' }"));
    assertTrue(ListenOptions.PLAIN.beginsWithHttp1());
  }

  @Test
  void areThoseOfTheList() throws Exception {
    TrustedProxies peers =
        Objects.requireNonNull(
            peers(
                "{ address = '127.0.0.1:0',"
                    + " proxy_protocol = { '10.0.0.0/8', '2001:db8::/32', '192.0.2.1', 'unix' } }"));
    assertTrue(peers.trusts(ip("10.1.2.3")));
    assertTrue(peers.trusts(ip("2001:db8::1")));
    assertTrue(peers.trusts(ip("192.0.2.1")));
    assertTrue(peers.trusts(UnixDomainSocketAddress.of("")));
    assertFalse(peers.trusts(ip("11.0.0.1")));
    assertFalse(peers.trusts(ip("192.0.2.2")));
  }

  @Test
  void canBeOneText() throws Exception {
    TrustedProxies peers =
        Objects.requireNonNull(
            peers("{ { address = 'unix:/run/a.sock', proxy_protocol = 'unix' } }"));
    assertTrue(peers.trusts(UnixDomainSocketAddress.of("")));
    assertFalse(peers.trusts(ip("10.0.0.1")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "true|: true (expected: a network such as \"10.0.0.0/8\" or \"2001:db8::/32\", an IP"
            + " address, or \"unix\")",
        "{}|: a table (expected: the networks of the proxies in front: others are refused)",
        "{ '10.0.0.1/8' }|[1]: \"10.0.0.1/8\" (expected: no bits beyond the prefix:"
            + " \"10.0.0.0/8\")",
        "{ '10.0.0.0/8', 'any' }|[2]: \"any\" (expected: a network such as \"10.0.0.0/8\" or"
            + " \"2001:db8::/32\", an IP address, or \"unix\")",
      },
      quoteCharacter = '`')
  void otherValuesAreRefused(String value, String problem) {
    assertEquals(
        List.of("backends.lua:1: listen.proxy_protocol" + problem),
        ConfigFile.in(
                directory,
                "listen = { address = '127.0.0.1:0', proxy_protocol = " + value + " }",
                BACKENDS)
            .problems());
  }
}
