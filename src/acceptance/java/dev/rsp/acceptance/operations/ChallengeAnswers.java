// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.rsp.acme.Issuer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Answers the challenges http-01 of an issuer, as a listener of rsp does. */
final class ChallengeAnswers implements AutoCloseable {
  private static final String PREFIX = "/.well-known/acme-challenge/";

  private final HttpServer server;
  private volatile @Nullable Issuer issuer;

  /** Answers none until {@link #use}. */
  ChallengeAnswers(String address, int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(address, port), 0);
    server.createContext(PREFIX, this::answer);
    server.start();
  }

  /** Answers for this issuer from now on. */
  void use(Issuer next) {
    issuer = next;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String token = exchange.getRequestURI().getPath().substring(PREFIX.length());
    String host = String.valueOf(exchange.getRequestHeaders().getFirst("Host"));
    Issuer of = issuer;
    String content = of == null ? null : of.keyAuthorization(host.replaceFirst(":.*", ""), token);
    byte[] bytes = String.valueOf(content).getBytes(StandardCharsets.US_ASCII);
    exchange.sendResponseHeaders(content == null ? 404 : 200, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
