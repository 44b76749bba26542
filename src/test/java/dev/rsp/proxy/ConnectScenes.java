// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.GET;
import static dev.rsp.proxy.Messages.get;
import static dev.rsp.proxy.Messages.post;
import static dev.rsp.proxy.Scene.expectStatus;
import static dev.rsp.proxy.Scene.played;

import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/** Backends that cannot be connected to, and sites that sleep. */
final class ConnectScenes {
  private ConnectScenes() {}

  static Stream<Scene> all() {
    return Stream.of(
        played(
            "nobody there",
            Ending.CONNECT_FAILED,
            stage -> {
              stage.rig().closeBackend(1);
              expectStatus(502, stage.client(GET));
            }),
        played(
            "no room in the backend's queue",
            Ending.CONNECT_TIMEOUT,
            stage -> {
              List<Socket> queue = new ArrayList<>();
              try (var full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                for (int i = 0; i < 2; i++) { // Linux takes one more than it was told
                  queue.add(new Socket(full.getInetAddress(), full.getLocalPort()));
                }
                stage
                    .rig()
                    .reload(
                        "timeouts = {connect = 0.1}", selecting("127.0.0.1", full.getLocalPort()));
                expectStatus(504, stage.client(GET));
              } finally {
                for (Socket socket : queue) {
                  socket.close();
                }
              }
            }),
        played(
            "no port left",
            Ending.CONNECT_EXHAUSTED,
            stage -> {
              // EADDRNOTAVAIL, in the words of the C library.
              var fault = new BindException("Cannot assign requested address");
              stage.rig().runOnLoop(() -> stage.faults().failConnect(fault));
              expectStatus(503, stage.client(GET));
            }),
        asleep("a site that cannot be started", Ending.START_FAILED, get("f", "/"), 503),
        asleep("a site that nobody knows", Ending.SITE_UNKNOWN, get("n", "/"), 404),
        asleep(
            "a body that is too large to wait",
            Ending.LIMIT_WAITING,
            post("Content-Length: 2"),
            503));
  }

  private static String selecting(String address, int port) {
    return "function select() return '" + address + ":" + port + "' end";
  }

  /** A request for a site that sleeps; see {@link StartService} for what becomes of its host. */
  private static Scene asleep(String name, Ending ending, String request, int status) {
    return played(
        name,
        ending,
        stage -> {
          try (var starter = new StartService(new ConcurrentLinkedQueue<>())) {
            stage.rig().closeBackend(1);
            stage
                .rig()
                .reload(
                    "initialise = {url = '" + starter.url() + "', poll = 0.01, body_bytes = 1}",
                    "function select() return 1 end");
            expectStatus(status, stage.client(request));
          }
        });
  }
}
