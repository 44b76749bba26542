// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import com.sun.net.httpserver.HttpServer;
import dev.rsp.daemon.Signals;
import dev.rsp.hash.PythonHash;
import dev.rsp.log.IoReason;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Three small backends, and a configuration file for the proxy. */
final class Demo implements AutoCloseable {
  private static final int BACKENDS = 3;

  /**
   * The sites, one of which at least belongs to each backend. Browsers resolve all names below
   * {@code localhost} to this machine (RFC 6761 section 6.3).
   */
  private static final List<String> NAMES =
      List.of("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi");

  private static final String DOMAIN = ".localhost";
  private static final String CERTIFICATE = "demo.pem";
  private static final int CERTIFICATE_DAYS = 30;

  /** As many programs use it for TLS beside 8080. */
  private static final int TLS_PORT = 8443;

  private final List<HttpServer> backends = new ArrayList<>();
  private final Path file;
  private final int port;

  /** The port with TLS; 0 if this Java cannot make a certificate. */
  private int tlsPort;

  /** Whether the directory was created here. Then it is deleted: the ports in the file change. */
  private final boolean temporary;

  private Demo(Path file, int port, boolean temporary) {
    this.file = file;
    this.port = port;
    this.temporary = temporary;
  }

  /**
   * Starts the backends and writes the configuration file.
   *
   * @param directory where the file is written; null for a new temporary directory
   * @param port the port on which the proxy will listen; 0 for any free port
   * @throws IOException if the file cannot be written or a backend cannot listen, with a message
   *     for the user
   */
  static Demo start(@Nullable Path directory, int port) throws IOException {
    Path target = directory == null ? Files.createTempDirectory("rsp-demo") : directory;
    Demo demo = new Demo(target.resolve("backends.lua"), port, directory == null);
    try {
      for (int i = 1; i <= BACKENDS; i++) {
        demo.backends.add(backend("live" + i));
      }
      Files.createDirectories(target);
      demo.makeCertificate();
      Files.writeString(demo.file, demo.configuration());
    } catch (IOException e) {
      demo.close();
      throw new IOException("cannot write " + demo.file + ": " + IoReason.of(e), e);
    }
    return demo;
  }

  /** A certificate for the sites, and the port for it. Without keytool there is no TLS. */
  private void makeCertificate() throws IOException {
    List<String> names = NAMES.stream().map(name -> name + DOMAIN).toList();
    Files.createDirectories(certificates());
    try {
      OwnCertificate own = OwnCertificate.make(certificates(), "rsp demo", names, CERTIFICATE_DAYS);
      own.writeTo(certificates().resolve(CERTIFICATE));
      Files.writeString(authority(), own.certificate());
      tlsPort = freePort();
    } catch (IOException e) {
      tlsPort = 0;
    }
  }

  /** {@value #TLS_PORT} if it is free. */
  private static int freePort() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket first = new ServerSocket(TLS_PORT, 1, loopback)) {
      return first.getLocalPort();
    } catch (BindException e) {
      try (ServerSocket any = new ServerSocket(0, 1, loopback)) {
        return any.getLocalPort();
      }
    }
  }

  private Path certificates() {
    return file.resolveSibling("certs");
  }

  /** What clients are to trust. */
  private Path authority() {
    return file.resolveSibling("ca.pem");
  }

  /** Serves until the process is stopped; returns the exit code. */
  int serve(Supplier<Signals> signals, String transport) {
    return RunCommand.serve(signals, file, transport, this::printHowToUse);
  }

  private static HttpServer backend(String name) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        request -> {
          String host = request.getRequestHeaders().getFirst("Host");
          byte[] answer =
              "This is %s. You asked for %s at %s.%n"
                  .formatted(name, request.getRequestURI(), host)
                  .getBytes(StandardCharsets.UTF_8);
          request.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
          request.sendResponseHeaders(200, answer.length);
          request.getResponseBody().write(answer);
          request.close();
        });
    server.start();
    return server;
  }

  private String configuration() {
    StringBuilder lua =
        new StringBuilder(
            """
            -- rsp's demo. Edit it, then send the process a HUP: nothing is lost by that.
            %s

            backends = {
            """
                .formatted(listen()));
    for (int i = 0; i < backends.size(); i++) {
      lua.append(
          "  { name = \"live%d\", address = \"127.0.0.1:%d\" },%n"
              .formatted(i + 1, backends.get(i).getAddress().getPort()));
    }
    return lua.append(
            """
            }

            -- Each host has its own backend. This is the default, and may be left out.
            function select(request)
              return hash.python(request.host, #backends)
            end
            """)
        .toString();
  }

  private String listen() {
    return tlsPort == 0
        ? "listen = \"127.0.0.1:%d\"".formatted(port)
        : """
          listen = { "127.0.0.1:%d", { address = "127.0.0.1:%d", tls = true } }
          certificates = "certs\""""
            .formatted(port, tlsPort);
  }

  private void printHowToUse() {
    Map<Integer, String> hosts = hosts();
    HttpCommand command = HttpCommand.of(System.getenv("PATH"));
    StringBuilder text =
        new StringBuilder("\nrsp keeps every hostname on its own backend. Try:\n\n");
    hosts.forEach(
        (slot, host) ->
            text.append(
                "  %s    # live%d answers, always%n".formatted(command.text(host, port), slot)));
    text.append("\nOr open in a browser:\n\n");
    hosts.forEach((slot, host) -> text.append("  http://%s:%d/%n".formatted(host, port)));
    if (tlsPort != 0 && command == HttpCommand.CURL) {
      text.append("\nOr with TLS and HTTP/2, by a certificate that the demo has made:\n\n");
      hosts.entrySet().stream()
          .limit(1)
          .forEach(
              first ->
                  text.append(
                      "  curl --cacert %s https://%s:%d/    # live%d answers%n"
                          .formatted(authority(), first.getValue(), tlsPort, first.getKey())));
    }
    text.append(
        """

        The backends are listed in %s
        Edit that file, then reload it:  kill -HUP %d
        Stop with Ctrl-C.

        """
            .formatted(file, ProcessHandle.current().pid()));
    System.out.print(text);
    System.out.flush();
  }

  /** A host for each slot, in the order of the slots. */
  private static Map<Integer, String> hosts() {
    Map<Integer, String> hosts = new TreeMap<>();
    for (String name : NAMES) {
      String host = name + DOMAIN;
      byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
      hosts.putIfAbsent(PythonHash.index(bytes, 0, bytes.length, BACKENDS), host);
    }
    return hosts;
  }

  @Override
  public void close() {
    for (HttpServer backend : backends) {
      backend.stop(0);
    }
    if (temporary) {
      try {
        Files.deleteIfExists(file);
        Files.deleteIfExists(authority());
        Files.deleteIfExists(certificates().resolve(CERTIFICATE));
        Files.deleteIfExists(certificates());
        Files.deleteIfExists(file.resolveSibling(""));
      } catch (IOException e) {
        // The directory has other files in it. They are the user's, so it stays.
      }
    }
  }
}
