// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;

import dev.rsp.net.Transport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Backends that answer, and leave the end of the request in the socket. */
final class UnreadRequestTest {
  private Rig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new Rig(Transport.EPOLL); // which tells of what came first first
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
  }

  @Test
  void sendsTheNextRequestOverAnotherConnection() throws Exception {
    Peer client = rig.client(post("Content-Length: 4"));
    Peer backend = rig.backend();
    backend.head();
    backend.expectSilence(); // all that was sent is acknowledged: what comes next goes out at once
    rig.onLoop(
        () -> { // told of in this order, and in one turn: the body has not left when it is answered
          client.send("body");
          backend.send(ok("early"));
          return true;
        });
    client.expect(ok("early"));
    client.send(GET);
    // Behind the rest of a body that a backend never reads, it would wait until a timeout.
    Peer another = rig.backend();
    another.head("GET / HTTP/1.1");
    another.send(ok("2"));
    client.expect(ok("2"));
  }
}
