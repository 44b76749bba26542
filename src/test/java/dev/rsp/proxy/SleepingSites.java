// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import com.sun.net.httpserver.HttpServer;
import dev.rsp.referee.Watch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of sites that sleep start with: the service that starts sites, and a site's place. */
abstract class SleepingSites {
  static final String SELECT = "function select(r) return 2 end";

  /** What the service that starts sites was asked, as method and host. */
  final BlockingQueue<String> calls = new LinkedBlockingQueue<>();

  @TempDir Path directory;
  Rig rig;
  private final Transport transport;
  private HttpServer starter;
  private int port;

  SleepingSites(Transport transport) {
    this.transport = transport;
  }

  /** Hosts that start with "n" are unknown to the service that starts sites, "f" fail. */
  @BeforeEach
  void start() throws Exception {
    starter = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    starter.createContext(
        "/",
        exchange -> {
          String host = exchange.getRequestURI().getQuery();
          calls.add(exchange.getRequestMethod() + " " + host);
          int status = host.startsWith("n") ? 404 : host.startsWith("f") ? 500 : 202;
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    starter.start();
    rig = new Rig(transport);
    port = rig.backendPort(2);
    rig.closeBackend(2);
    reload("timeout = 20");
  }

  final void reload(String more, String... lines) throws Exception {
    String[] all = new String[lines.length + 2];
    all[0] =
        "initialise = { url = 'http://127.0.0.1:%d/init?{host}', poll = 0.01, %s }"
            .formatted(starter.getAddress().getPort(), more);
    all[1] = lines.length == 0 ? SELECT : "";
    System.arraycopy(lines, 0, all, 2, lines.length);
    rig.reload(all);
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
    starter.stop(0);
  }

  final void awaitWaiting(int count) throws InterruptedException {
    rig.await(count + " requests that wait", () -> rig.waiting() == count);
  }

  /** From here on somebody listens where the site was missed. */
  final ServerSocket site() throws IOException {
    var socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
    socket.setSoTimeout(Peer.PATIENCE_MILLIS);
    return socket;
  }

  static Peer accept(ServerSocket site) throws IOException {
    return new Peer(site.accept(), Watch.backend());
  }
}
