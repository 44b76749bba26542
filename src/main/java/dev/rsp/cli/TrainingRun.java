// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/**
 * Does once what rsp does all day, in this process: serves requests, reloads, takes signals and
 * stops by TERM, and runs the commands on a file. Uses free ports of 127.0.0.1 and a temporary
 * directory, and leaves nothing.
 */
final class TrainingRun {
  /** Java compiles a method with its first compiler after 200 calls, so its profile is useful. */
  private static final int REQUESTS = 500;

  /** One that hangs must not keep an installation waiting. */
  private static final int TIMEOUT_MILLIS = 10_000;

  private static final int CONNECT_PAUSE_MILLIS = 10;

  private static final byte[] ANSWER = bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  private static final String HOST = "www.example.com";
  private static final String GET = "GET /index.html HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n\r\n";
  private static final String POST =
      String.join(
          "\r\n",
          "POST /form HTTP/1.1",
          "Host: %s",
          "Transfer-Encoding: chunked",
          "",
          "2",
          "hi",
          "0",
          "",
          "");

  /** A backend with TLS: another address of rsp itself, which the list may not have. */
  private static final String TO_TLS =
      """
        if request.host == "tls.example.com" and not request.tls then
          return "https://127.0.0.1:%d"
        end
      """;

  private static final String CONFIGURATION =
      """
      listen = { "127.0.0.1:%1$d"%4$s }
      control = "%3$s"
      certificates = { path = "%5$s", index = "certificates.index" }
      journal = "hosts.journal"
      access_log = { path = "access.log", format = "json" }
      loops = 2
      backends = {
        { name = "one", address = "127.0.0.1:%2$d" },
        { name = "two", address = "127.0.0.1:%2$d", state = "drain" },
        { name = "three", address = "127.0.0.1:%2$d", weight = 2 },
      }
      backend_tls = { name = "www.example.com", verify = false }
      function select(request)
      %6$s  return hash.python(request.host, #backends)
      end
      test("a site keeps its place", function()
        expect_same("www.example.com", "WWW.example.com.:8080")
      end)
      """;

  /** A command of rsp, which prints to standard output. */
  @FunctionalInterface
  interface Commands {
    int execute(String... arguments);
  }

  private TrainingRun() {}

  /**
   * Runs, some seconds long.
   *
   * @param server serves with a file until the process gets TERM, and returns the exit code; what
   *     is wrong is on standard error
   * @throws IOException if a socket or a file cannot be used, or rsp cannot serve here
   */
  static void run(Commands commands, ToIntFunction<Path> server) throws IOException {
    Path directory = Files.createTempDirectory("rsp-prepare-");
    try (var backend = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      Thread answers = new Thread(() -> answerAll(backend), "training-backend");
      answers.setDaemon(true);
      answers.start();
      int port = freePort();
      int tlsPort = freePort();
      Path certificates = Files.createDirectory(directory.resolve("certificates"));
      boolean hasTls = makeCertificate(certificates);
      String tls = hasTls ? ", { address = \"127.0.0.1:" + tlsPort + "\", tls = true }" : "";
      // rsp is its own client with TLS: that of Java would add its classes to the archive, and so
      // to
      // the memory of each rsp.
      String toTls = hasTls ? TO_TLS.formatted(tlsPort) : "";
      Path control = directory.resolve("control.sock");
      Path file = directory.resolve("backends.lua");
      Files.writeString(
          file,
          CONFIGURATION.formatted(
              port,
              backend.getLocalPort(),
              control.toString(),
              tls,
              certificates.toString(),
              toTls));
      serve(commands, new FutureTask<>(() -> server.applyAsInt(file)), port, control, hasTls);
      // Now there is a journal.
      for (String command : List.of("check", "test")) {
        commands.execute(command, file.toString());
      }
      commands.execute("explain", file.toString(), "www.example.com");
      commands.execute("plan", file.toString(), file.toString());
    } finally {
      delete(directory);
    }
  }

  /**
   * Without one, only the classes of TLS are missing in the archive: a small Java has no keytool.
   */
  private static boolean makeCertificate(Path folder) {
    try {
      OwnCertificate.make(folder, "rsp training", List.of("*.example.com"), 2)
          .writeTo(folder.resolve("training.pem"));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void serve(
      Commands commands, FutureTask<Integer> server, int port, Path control, boolean hasTls)
      throws IOException {
    Preload.begin().awaitLog();
    Thread thread = new Thread(server, "training-server");
    thread.setDaemon(true);
    thread.start();
    awaitPort(port, server);
    try {
      request(port);
      commands.execute("status", "--control", control.toString());
      commands.execute("reload", "--control", control.toString());
      signal("USR1");
      request(port);
      if (hasTls) {
        request(port, "tls.example.com");
      }
    } finally {
      signal("TERM");
      end(server);
    }
  }

  /** Until rsp accepts connections. */
  private static void awaitPort(int port, Future<Integer> server) throws IOException {
    long begin = System.nanoTime();
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (ConnectException e) {
        if (server.isDone() || millisSince(begin) > TIMEOUT_MILLIS) {
          throw new IOException("rsp does not serve on port " + port, e);
        }
        LockSupport.parkNanos(MILLISECONDS.toNanos(CONNECT_PAUSE_MILLIS));
      }
    }
  }

  private static long millisSince(long nanoTime) {
    return NANOSECONDS.toMillis(System.nanoTime() - nanoTime);
  }

  /** To this process, by the shell that the launcher needs too. */
  private static void signal(String name) throws IOException {
    try {
      new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " $PPID").start().waitFor();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static void end(Future<Integer> server) throws IOException {
    try {
      int status = server.get(TIMEOUT_MILLIS, MILLISECONDS);
      if (status != 0) {
        throw new IOException("rsp stopped with status " + status);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("rsp did not stop", e);
    }
  }

  private static IOException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IOException("interrupted", e);
  }

  private static void request(int port) throws IOException {
    request(port, HOST);
  }

  private static void request(int port, String host) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.setTcpNoDelay(true);
      for (int i = 0; i < REQUESTS; i++) {
        String head = (i % 10 == 0 ? POST : GET).formatted(host);
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        readAnswer(socket.getInputStream());
      }
    }
  }

  private static void readAnswer(InputStream in) throws IOException {
    var answer = new StringBuilder();
    for (int next = in.read(); next >= 0; next = in.read()) {
      answer.append((char) next);
      if (next == 'k' && answer.toString().endsWith("\r\n\r\nok")) {
        return;
      }
    }
    throw new IOException("rsp closed the connection: " + answer);
  }

  private static void answerAll(ServerSocket backend) {
    try {
      while (true) {
        Socket connection = backend.accept();
        Thread thread = new Thread(() -> answer(connection), "training-connection");
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException e) {
      // Closed: the run is over.
    }
  }

  /** A request comes in one piece, but for a chunked body, whose end is looked for. */
  private static void answer(Socket connection) {
    try (connection) {
      InputStream in = connection.getInputStream();
      OutputStream out = connection.getOutputStream();
      byte[] buffer = new byte[1 << 13];
      StringBuilder request = new StringBuilder();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        request.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
        boolean chunked = request.indexOf("hunked") >= 0;
        if (request.toString().endsWith(chunked ? "0\r\n\r\n" : "\r\n\r\n")) {
          out.write(ANSWER);
          request.setLength(0);
        }
      }
    } catch (IOException e) {
      // Its peer has closed it.
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
