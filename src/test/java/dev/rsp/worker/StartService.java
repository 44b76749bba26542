// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Queue;

/** The service that starts sites. Hosts that start with "n" are unknown to it, "f" fail. */
final class StartService implements AutoCloseable {
  private final HttpServer server;

  /** Adds what it is asked to the calls, as method and host. */
  StartService(InetAddress address, Queue<String> calls) throws IOException {
    server = HttpServer.create(new InetSocketAddress(address, 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String host = exchange.getRequestURI().getQuery();
          calls.add(exchange.getRequestMethod() + " " + host);
          int status = host.startsWith("n") ? 404 : host.startsWith("f") ? 500 : 202;
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
  }

  /** The url that a configuration gives for it. */
  String url() {
    InetSocketAddress address = server.getAddress();
    return "http://%s:%d/init?{host}"
        .formatted(address.getAddress().getHostAddress(), address.getPort());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
