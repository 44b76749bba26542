// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import dev.rsp.Eventually;
import dev.rsp.certs.TestCa;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/**
 * Clients of a {@link Canary} that speak TLS: by HTTP/2, many requests on one connection, of which
 * some are cancelled; by HTTP/1, each on a connection of its own; and some that break off in the
 * handshake. They look for marks of other requests, too.
 */
final class SecureClients {
  /** The host, and the name in the certificate. */
  static final String HOST = "localhost";

  private static final int AT_ONCE = 20;
  private static final int MOST_BODY = 100;

  private final Marks marks;
  private final TestCa ca = TestCa.create();
  private final SSLContext context = ca.clientContext();
  private final AtomicLong asked = new AtomicLong();
  private final AtomicLong answered = new AtomicLong();

  SecureClients(Marks marks) {
    this.marks = marks;
  }

  /** Writes the certificate; returns the lines of the configuration, which has two ports then. */
  String lua(Path directory) {
    ca.ecdsa(HOST).writePem(directory.resolve("certs"), HOST);
    return """
        listen = { "127.0.0.1:0", { address = "localhost:0", tls = true } }
        certificates = "certs"
        """;
  }

  /** All kinds, one thread each, while {@code more} says so. */
  List<Thread> threads(int port, BooleanSupplier more) {
    return List.of(
        new Thread(() -> askByHttp2(port, more)),
        new Thread(() -> askByHttp1(port, more)),
        new Thread(() -> breakOff(port, more)));
  }

  /** Requests that began to be sent. */
  long asked() {
    return asked.get();
  }

  /** Answers that came whole. */
  long answered() {
    return answered.get();
  }

  private void askByHttp2(int port, BooleanSupplier more) {
    HttpClient client = HttpClient.newBuilder().sslContext(context).build();
    while (more.getAsBoolean()) {
      List<CompletableFuture<?>> requests = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        requests.add(ask(client, port));
      }
      for (CompletableFuture<?> request : requests) {
        try {
          request.get(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
          // The canary's backends break off, too.
        } catch (InterruptedException | TimeoutException e) {
          throw new AssertionError("a client of HTTP/2 waits in vain", e);
        }
      }
    }
  }

  private CompletableFuture<?> ask(HttpClient client, int port) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    String mark = Marks.ofClient();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("https://" + HOST + ":" + port + "/" + mark))
            .header("X-Mark", mark);
    if (random.nextInt(3) == 0) {
      request.POST(BodyPublishers.ofString(mark.repeat(1 + random.nextInt(MOST_BODY))));
    }
    asked.incrementAndGet();
    return random.nextInt(10) == 0
        ? client
            .sendAsync(request.build(), BodyHandlers.ofInputStream())
            .thenAccept(response -> closeEarly(response.body()))
        : client
            .sendAsync(request.build(), BodyHandlers.ofString(StandardCharsets.ISO_8859_1))
            .thenAccept(response -> check(mark, response));
  }

  /** With HTTP/2 that resets the stream. */
  private static void closeEarly(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      // It has ended already.
    }
  }

  private void check(String mark, HttpResponse<String> response) {
    marks.same(mark, response.headers().map() + response.body(), "at a client of HTTP/2");
    answered.incrementAndGet();
  }

  private void askByHttp1(int port, BooleanSupplier more) {
    while (more.getAsBoolean()) {
      String mark = Marks.ofClient();
      asked.incrementAndGet();
      try (Socket socket = new Socket(InetAddress.getByName(HOST), port);
          SSLSocket client =
              (SSLSocket) context.getSocketFactory().createSocket(socket, HOST, port, true)) {
        client.setSoTimeout((int) Eventually.PATIENCE.toMillis());
        String head =
            "GET /%s HTTP/1.1\r\nHost: %s\r\nX-Mark: %s\r\nConnection: close\r\n\r\n"
                .formatted(mark, HOST, mark);
        client.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        if (ThreadLocalRandom.current().nextInt(5) == 0) {
          socket.setSoLinger(true, 0);
          socket.shutdownInput(); // the close that follows is then no orderly one of TLS
        } else {
          byte[] all = client.getInputStream().readAllBytes();
          marks.same(mark, new String(all, StandardCharsets.ISO_8859_1), "at a client of TLS");
          answered.incrementAndGet();
        }
      } catch (IOException e) {
        // The canary's backends break off, too.
      }
    }
  }

  /** Sends a part of a hello, or a whole one, and closes or breaks the connection. */
  private void breakOff(int port, BooleanSupplier more) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    byte[] hello = hello();
    while (more.getAsBoolean()) {
      try (Socket socket = new Socket(InetAddress.getByName(HOST), port)) {
        int part = random.nextBoolean() ? hello.length : random.nextInt(hello.length);
        socket.getOutputStream().write(hello, 0, part);
        if (part == hello.length) {
          socket.setSoTimeout((int) Eventually.PATIENCE.toMillis());
          socket.getInputStream().read();
        }
        if (random.nextBoolean()) {
          socket.setSoLinger(true, 0);
        }
      } catch (IOException e) {
        // rsp has closed.
      }
      Eventually.pause(1);
    }
  }

  /** What a client of Java begins with. */
  private byte[] hello() {
    try {
      SSLEngine engine = context.createSSLEngine(HOST, 443);
      engine.setUseClientMode(true);
      ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
      engine.wrap(ByteBuffer.allocate(0), hello);
      return Arrays.copyOf(hello.array(), hello.position());
    } catch (SSLException e) {
      throw new AssertionError(e);
    }
  }
}
