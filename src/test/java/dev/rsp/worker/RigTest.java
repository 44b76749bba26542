// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;

import dev.rsp.net.Transport;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;

/** Tests that each have a {@link Rig} of their own, which judges in the end what it has seen. */
abstract class RigTest {
  /**
   * By {@link EachTransport} every one of this machine in turn, else what rsp itself would take.
   */
  @Parameter Transport transport = Transport.of("auto");

  Rig rig;
  private final String[] lines;

  /** Each test starts with more lines of the configuration file. */
  RigTest(String... lines) {
    this.lines = lines;
  }

  @BeforeEach
  final void startRig() throws Exception {
    rig = new Rig(transport, lines);
  }

  @AfterEach
  final void closeRig() throws Exception {
    rig.close();
  }

  /** The next connection to the first backend, when the head of a request has come over it. */
  final Peer asked() throws IOException {
    Peer backend = rig.backend();
    backend.head();
    return backend;
  }

  /** The backend gets a request and answers it, and that is what the client gets. */
  static void exchange(Peer client, Peer backend, String answer) throws IOException {
    backend.head();
    backend.send(ok(answer));
    client.expect(ok(answer));
  }

  /** The client asks once more, and is answered over a new connection to the backend. */
  final void exchangeAnew(Peer client) throws IOException {
    client.send(GET);
    exchange(client, rig.backend(), "anew");
  }

  /** A request whose body comes in two pieces is sent to the second backend, which answers. */
  final void uploadToTheSecond() throws IOException {
    Peer client = rig.client(post("Content-Length: 4") + "bo");
    Peer second = rig.backend(2);
    second.head("POST / HTTP/1.1");
    client.send("dy");
    second.expect("body");
    second.send(ok("2"));
    client.expect(ok("2"));
  }
}
