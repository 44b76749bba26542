// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.backends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Peer;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * PROXY headers between rsp, HAProxy, nginx and curl. Each client has a loopback address of its
 * own, by which the last server of the chain knows it.
 */
@Timeout(60)
final class ProxyProtocolIT {
  private static int plain;
  private static int proxied;
  private static int fromV1;
  private static int fromV2;
  private static int statistics;
  @AutoClose private static Peer nginx;
  @AutoClose private static Peer haproxy;
  @AutoClose private static Rsp rsp;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    plain = Peer.freePort();
    proxied = Peer.freePort();
    fromV1 = Peer.freePort();
    fromV2 = Peer.freePort();
    statistics = Peer.freePort();
    int shows = Peer.freePort();
    int receives = Peer.freePort();
    int accepts = Peer.freePort();
    nginx =
        Peer.nginx(
            directory,
            shows,
            """
            server {
              listen 127.0.0.1:%d;
              location / { return 200 $http_x_forwarded_for; }
            }
            server {
              listen 127.0.0.1:%d proxy_protocol;
              location / { return 200 $proxy_protocol_addr:$proxy_protocol_server_port; }
            }
            """
                .formatted(shows, receives));
    haproxy =
        Peer.haproxy(
            directory,
            accepts,
            """
            listen v1
              bind 127.0.0.1:%1$d
              option httpchk GET /
              http-check send hdr Host plain
              server rsp 127.0.0.1:%3$d send-proxy check inter 100 rise 1
            listen v2
              bind 127.0.0.1:%2$d
              option httpchk GET /
              http-check send hdr Host plain
              server rsp 127.0.0.1:%3$d send-proxy-v2 proxy-v2-options crc32c check inter 100 rise 1
            frontend receiver
              bind 127.0.0.1:%4$d accept-proxy
              mode http
              http-request return status 200 content-type text/plain lf-string %%[src]:%%[dst_port]
            frontend statistics
              bind 127.0.0.1:%5$d
              mode http
              stats enable
              stats uri /
            """
                .formatted(fromV1, fromV2, proxied, accepts, statistics));
    rsp =
        Rsp.serving(
            directory,
            """
            listen = {
              "127.0.0.1:%d",
              { address = "127.0.0.1:%d", proxy_protocol = "127.0.0.0/8", http2 = true },
            }
            backends = {
              { name = "plain", address = "%s" },
              { name = "nginx-v1", address = "127.0.0.1:%4$d", send_proxy = "v1" },
              { name = "nginx-v2", address = "127.0.0.1:%4$d", send_proxy = "v2" },
              { name = "haproxy-v1", address = "%5$s", send_proxy = "v1" },
              { name = "haproxy-v2", address = "%5$s", send_proxy = "v2" },
            }
            %6$s
            """
                .formatted(
                    plain, proxied, nginx.address(), receives, haproxy.address(), Rsp.BY_NAME));
    // HAProxy was there first, and takes rsp for down until a check passes.
    Eventually.holds(() -> "healthy: " + checks(), () -> checks().equals("L7OK L7OK "));
  }

  private static String curl(String from, int port, String host, String... options) {
    String[] command = new String[options.length + 7];
    System.arraycopy(
        new String[] {"curl", "-sS", "--interface", from, "-H", "Host: " + host, url(port)},
        0,
        command,
        0,
        7);
    System.arraycopy(options, 0, command, 7, options.length);
    Program curl = Program.run(command);
    assertEquals(0, curl.awaitExit(), curl::toString);
    return curl.out();
  }

  private static String url(int port) {
    return "http://127.0.0.1:" + port + "/";
  }

  @ParameterizedTest
  @ValueSource(strings = {"nginx-v1", "nginx-v2", "haproxy-v1", "haproxy-v2"})
  void aReceiverKnowsTheClient(String slot) {
    assertEquals("127.0.0.5:" + plain, curl("127.0.0.5", plain, slot));
    assertEquals("127.0.0.6:" + plain, curl("127.0.0.6", plain, slot));
  }

  @Test
  void aReceiverKnowsTheClientOfEachRequestOfAConnection() {
    String twice = curl("127.0.0.5", plain, "nginx-v2", url(plain));
    assertEquals(("127.0.0.5:" + plain).repeat(2), twice);
  }

  @Test
  void theClientOfHaproxyIsKnown() {
    assertEquals("127.0.0.5", curl("127.0.0.5", fromV1, "plain"));
    assertEquals("127.0.0.6", curl("127.0.0.6", fromV2, "plain"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--http1.1", "--http2-prior-knowledge"})
  void theClientOfCurlIsKnown(String version) {
    assertEquals("127.0.0.7", curl("127.0.0.7", proxied, "plain", "--haproxy-protocol", version));
  }

  @Test
  void aReloadChangesWhatNewConnectionsBeginWith(@TempDir Path own) {
    int port = Peer.freePort();
    String backend = "backends = { \"" + nginx.address() + "\" }\n";
    String plainly = "listen = { address = \"127.0.0.1:%d\" }\n".formatted(port) + backend;
    String proxied =
        "listen = { address = \"127.0.0.1:%d\", proxy_protocol = \"127.0.0.0/8\" }\n"
                .formatted(port)
            + backend;
    try (Rsp other = Rsp.serving(own, plainly)) {
      assertEquals("127.0.0.8", curl("127.0.0.8", port, "a"));
      other.reconfigure(proxied);
      assertEquals("127.0.0.8", curl("127.0.0.8", port, "a", "--haproxy-protocol"));
      Program bare = Program.run("curl", "-sS", url(port));
      assertTrue(bare.awaitExit() != 0, bare::toString);
      other.reconfigure(plainly);
      assertEquals("127.0.0.8", curl("127.0.0.8", port, "a"));
    }
  }

  /** The destination is that of the first server of the chain. */
  @ParameterizedTest
  @CsvSource({"nginx-v1", "nginx-v2", "haproxy-v1", "haproxy-v2"})
  void anAddressPassesThroughAChain(String slot) {
    assertEquals("127.0.0.5:" + fromV1, curl("127.0.0.5", fromV1, slot));
    assertEquals("127.0.0.6:" + fromV2, curl("127.0.0.6", fromV2, slot));
  }

  /** They begin with UNKNOWN or LOCAL. */
  @Test
  void healthChecksOfHaproxyPass() {
    Eventually.holds(
        () -> "two healthy servers: " + checks() + rsp.log(), () -> checks().equals("L7OK L7OK "));
  }

  private static String checks() {
    StringBuilder results = new StringBuilder();
    Program curl = Program.run("curl", "-sS", url(statistics) + ";csv");
    for (String line : curl.out().lines().toList()) {
      String[] columns = line.split(",", -1);
      if (columns.length > 36 && columns[1].equals("rsp")) {
        results.append(columns[36]).append(' ');
      }
    }
    return results.toString();
  }

  @Test
  void aClientWithoutAHeaderGetsNoAnswer() {
    Program curl = Program.run("curl", "-sS", url(proxied));
    assertEquals("", curl.out(), curl::toString);
    assertTrue(curl.awaitExit() != 0, curl::toString);
    rsp.awaitLog("connection refused client=127.0.0.1 suppressed=0: no PROXY header");
  }
}
