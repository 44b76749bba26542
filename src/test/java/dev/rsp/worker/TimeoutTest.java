// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.Rule;
import dev.rsp.exchange.Ending;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Peers that do nothing, with short times in the configuration. */
@EachTransport
final class TimeoutTest extends RigTest {
  @Test
  @Rule({30, 74})
  void refusesAHeadThatDoesNotEnd() throws Exception {
    rig.reload("timeouts = {head = 0.3}");
    Peer client = rig.promptClient("GET / HTTP/1.1\r\nHost: a\r\n");
    client.expectRefusal(408, "the request head took too long");
    client.expectEnd();
  }

  @Test
  @Rule(30)
  void countsTheTimeOfAHeadFromItsStart() throws Exception { // rule 30
    rig.reload("timeouts = {head = 0.3}");
    Peer client = rig.promptClient("GET / HTTP/1.1\r\nHost: a\r\n");
    var trickle =
        new Thread(
            () -> {
              try {
                while (true) {
                  client.send("X: y\r\n");
                  Thread.sleep(20);
                }
              } catch (IOException | InterruptedException done) {
                return;
              }
            });
    trickle.start();
    client.expectRefusal(408, "the request head took too long");
    client.close();
    trickle.join();
  }

  @Test
  void closesConnectionsWithoutARequest() throws Exception {
    rig.reload("timeouts = {head = 0.1}");
    rig.client().expectEnd();
    assertEquals("", rig.summary());
  }

  @Test
  void closesIdleConnectionsSilently() throws Exception {
    rig.reload("timeouts = {keepalive = 0.1}");
    Peer client = rig.client(GET);
    Peer backend = rig.backend();
    exchange(client, backend, "1");
    client.expectEnd();
    assertEquals("served=1", rig.summary());
  }

  @Test
  void closesIdleBackends() throws Exception {
    rig.reload("timeouts = {backend_keepalive = 0.1}");
    Peer client = rig.client(GET);
    Peer backend = rig.backend();
    exchange(client, backend, "1");
    backend.expectEnd();
    client.send(GET);
    rig.backend().head();
  }

  @Test
  @Rule(74)
  void refusesABodyThatDoesNotCome() throws Exception {
    rig.reload("timeouts = {body = 0.1}");
    Peer client = rig.client(post("Content-Length: 100") + "start");
    Peer backend = asked();
    client.expectRefusal(408, "the request body took too long");
    client.expectEnd();
    backend.expectGone(); // rule 49
  }

  @Test
  @Rule(74)
  void refusesForABackendThatDoesNotAnswer() throws Exception {
    rig.reload("timeouts = {response = 0.1}");
    Peer client = rig.client(GET);
    Peer backend = asked();
    client.expectRefusal(504, "the backend took too long to answer");
    backend.expectGone();
    client.send(GET); // the client's connection is as good as before
    rig.backend().head();
  }

  @Test
  void refusesForABackendThatDoesNotAnswerAnUpload() throws Exception {
    rig.reload("timeouts = {response = 0.1}");
    Peer client = rig.client(post("Content-Length: 4") + "bo");
    Peer backend = asked();
    client.send("dy");
    client.expectRefusal(504, "the backend took too long to answer");
    backend.expectGone();
  }

  @Test
  void cutsAResponseThatStops() throws Exception {
    rig.reload("timeouts = {idle = 0.1}");
    Peer client = rig.client(GET);
    Peer backend = asked();
    String part = lines("HTTP/1.1 200 OK", "Date: x", "Content-Length: 100") + "abc";
    backend.send(part);
    client.expect(part);
    client.expectEnd();
    backend.expectGone();
    rig.awaitEnding(Ending.BACKEND_STALLED);
  }

  @Test
  void refusesForABackendThatDoesNotAccept() throws Exception {
    // With its queue full, the kernel ignores further attempts.
    List<Socket> queue = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < 2; i++) {
        queue.add(new Socket(full.getInetAddress(), full.getLocalPort()));
      }
      String select = "function select(r) return '127.0.0.1:" + full.getLocalPort() + "' end";
      rig.reload("timeouts = {connect = 0.1}", select);
      Peer client = rig.client(GET);
      client.expectRefusal(504, "the backend took too long to accept the connection");
      rig.reload(
          "timeouts = {connect = 0.1}",
          select.replace("return '", "return {'").replace("' end", "', 2} end"));
      client.send(GET);
      rig.backend(2).head();
    } finally {
      for (Socket socket : queue) {
        socket.close();
      }
    }
  }

  @Test
  void closesQuietTunnels() throws Exception {
    rig.reload("timeouts = {tunnel = 0.1}");
    Tunnel tunnel = Tunnel.through(rig);
    Peer client = tunnel.client();
    Peer backend = tunnel.backend();
    client.expectEnd();
    backend.expectGone();
    rig.awaitEnding(Ending.TUNNELLED);
  }

  @Test
  @Rule(81)
  void endsTheLinger() throws Exception { // rule 81
    rig.reload("timeouts = {linger = 0.1}");
    Peer client = rig.client("GET\r\n");
    client.expectRefusal(400, "malformed request line");
    client.expectEnd();
    rig.await("no client", () -> rig.clients() == 0);
  }
}
