// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import dev.rsp.Eventually;
import dev.rsp.certs.TestCa;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Pebble, the certificate authority that Let's Encrypt tests ACME clients with, in its strict mode,
 * with a DNS server that gives one address for all names. All of it is at an address of its own.
 */
public final class Pebble implements AutoCloseable {
  private static final int DIRECTORY_PORT = 14_000;
  private static final int MANAGEMENT_PORT = 15_000;
  private static final int DNS_PORT = 8_053;
  private static final int DNS_MANAGEMENT_PORT = 8_055;
  private static final List<Integer> PORTS =
      List.of(DIRECTORY_PORT, MANAGEMENT_PORT, DNS_PORT, DNS_MANAGEMENT_PORT);

  private static final int MAX_ADDRESSES = 20;

  private final Path directory;
  private final String address;
  private final int httpPort;
  private final int tlsPort;
  private final long validitySeconds;
  private final Program names;
  private Program authority;

  private Pebble(Path directory, String address, int httpPort, int tlsPort, long validitySeconds) {
    this.directory = directory;
    this.address = address;
    this.httpPort = httpPort;
    this.tlsPort = tlsPort;
    this.validitySeconds = validitySeconds;
    this.names =
        Program.start(
            "pebble-challtestsrv",
            "-defaultIPv4",
            address,
            "-defaultIPv6",
            "",
            "-http01",
            "",
            "-https01",
            "",
            "-tlsalpn01",
            "",
            "-dns01",
            address + ":" + DNS_PORT,
            "-management",
            address + ":" + DNS_MANAGEMENT_PORT);
    try {
      this.authority = startAuthority();
    } catch (RuntimeException | Error e) {
      names.close();
      throw e;
    }
  }

  /** A loopback address at which the ports of this class are free, so that they can be fixed. */
  public static String ownAddress() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    for (int i = 0; i < MAX_ADDRESSES; i++) {
      String address =
          "127.%d.%d.%d"
              .formatted(random.nextInt(16, 250), random.nextInt(1, 250), random.nextInt(1, 250));
      if (PORTS.stream().allMatch(port -> isFree(address, port))) {
        return address;
      }
    }
    throw new AssertionError("other programs listen on the ports " + PORTS + " of all addresses");
  }

  private static boolean isFree(String address, int port) {
    try (var socket = new ServerSocket(port, 1, InetAddress.getByName(address))) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Starts it; returns when it answers.
   *
   * @param directory for its files; {@code ca.pem} there is the authority of its own certificate
   * @param address where it listens, and where it finds all hosts
   * @param httpPort where it asks for http-01
   * @param tlsPort where it asks for tls-alpn-01
   * @param validitySeconds how long its certificates are valid
   */
  public static Pebble start(
      Path directory, String address, int httpPort, int tlsPort, long validitySeconds)
      throws IOException {
    TestCa ca = TestCa.create();
    TestCa.Leaf own = ca.ecdsa(address);
    TestCa.write(directory.resolve("ca.pem"), ca.rootPem());
    TestCa.write(directory.resolve("pebble.pem"), own.chainPem());
    TestCa.write(directory.resolve("pebble.key"), own.keyPem());
    return new Pebble(directory, address, httpPort, tlsPort, validitySeconds);
  }

  private Program startAuthority() {
    Path file = directory.resolve("pebble.json");
    String json =
        """
        { "pebble": {
          "listenAddress": "%s:%d", "managementListenAddress": "%s:%d",
          "certificate": "%s", "privateKey": "%s",
          "httpPort": %d, "tlsPort": %d, "certificateValidityPeriod": %d
        } }
        """
            .formatted(
                address,
                DIRECTORY_PORT,
                address,
                MANAGEMENT_PORT,
                directory.resolve("pebble.pem"),
                directory.resolve("pebble.key"),
                httpPort,
                tlsPort,
                validitySeconds);
    try {
      Files.writeString(file, json);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    // It rejects a twentieth of all nonces by itself, and waits up to 15 s before each validation.
    Program started =
        Program.start(
            List.of(
                "pebble",
                "-strict",
                "-config",
                file.toString(),
                "-dnsserver",
                address + ":" + DNS_PORT),
            Map.of("PEBBLE_VA_NOSLEEP", "1"));
    Eventually.holds(() -> "pebble answers: " + started, () -> accepts(started));
    return started;
  }

  private boolean accepts(Program started) {
    if (!started.isAlive()) {
      throw new AssertionError("pebble has ended: " + started);
    }
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, DIRECTORY_PORT), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The URL of its directory. */
  public String directoryUrl() {
    return "https://" + address + ":" + DIRECTORY_PORT + "/dir";
  }

  /** What it has printed since its last start. */
  public String log() {
    return authority.out();
  }

  /** Ends the authority, not the DNS server. */
  public void stop() {
    authority.close();
  }

  /** Starts it again: it has forgotten everything. */
  public void restart() {
    authority = startAuthority();
  }

  @Override
  public void close() {
    try {
      authority.close();
    } finally {
      names.close();
    }
  }
}
