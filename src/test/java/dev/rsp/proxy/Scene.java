// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.GET;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.Callable;

/**
 * One exchange that its peers play to its end.
 *
 * @param name what happens, as a reader of the log would say it
 * @param ending the only way in which it may end
 * @param config lines of the configuration file that it needs
 */
record Scene(String name, Ending ending, Play play, List<String> config) {
  /** What the peers do. */
  @FunctionalInterface
  interface Play {
    void on(Stage stage) throws Exception;
  }

  /** What a scene is played on. */
  record Stage(Rig rig, FaultyLoop faults) {
    Peer client(String text) throws Exception {
      return rig.client(text);
    }

    /** The backend, which has read the head of the request. */
    Peer asked() throws Exception {
      Peer backend = rig.backend();
      backend.head();
      return backend;
    }

    /** A client, whose request the backend answers so. */
    Peer answered(String request, String answer) throws Exception {
      Peer client = client(request);
      asked().send(answer);
      return client;
    }
  }

  static Scene played(String name, Ending ending, Play play, String... config) {
    return new Scene(name, ending, play, List.of(config));
  }

  /** What a client sends is answered by rsp itself, and no backend has a part in it. */
  static Scene refused(String name, Ending ending, int status, String request, String... config) {
    return played(name, ending, stage -> expectStatus(status, stage.client(request)), config);
  }

  /** A backend's answer to a GET, and the status that the client gets for it. */
  static Scene answer(String name, Ending ending, String answer, int status) {
    return played(name, ending, stage -> expectStatus(status, stage.answered(GET, answer)));
  }

  static void expectStatus(int status, Peer client) throws Exception {
    assertEquals("HTTP/1.1 " + status + " ", client.head().substring(0, 13));
  }

  /** Sends a little on and on, until it cannot any more. */
  static void trickle(Peer peer, String part) {
    start(
        () -> {
          while (true) {
            peer.send(part);
            Thread.sleep(20);
          }
        });
  }

  /** Sends as much as the other side takes, until it cannot any more. */
  static void fill(Peer peer) {
    byte[] bytes = new byte[64 * 1024];
    start(
        () -> {
          while (true) {
            peer.send(bytes);
          }
        });
  }

  /** Does something until it fails, as it does at the latest when the rig closes the peers. */
  private static void start(Callable<Object> task) {
    var thread =
        new Thread(
            () -> {
              try {
                task.call();
              } catch (Exception done) {
                return;
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public String toString() {
    return name;
  }
}
