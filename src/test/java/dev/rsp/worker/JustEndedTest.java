// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;

import dev.rsp.Rule;
import dev.rsp.net.Transport;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A backend that closes an idle connection while the request is read that would be sent over it,
 * and could not be sent again: the loop looks at the request first, and has the end yet to see.
 */
final class JustEndedTest {
  private static final String POST = post("Content-Length: 0");

  /** Of a channel of the JDK nobody can ask this. */
  static Stream<Transport> transports() {
    return Rig.transports().filter(transport -> transport != Transport.NIO);
  }

  @ParameterizedTest
  @MethodSource("transports")
  @Rule({78, 79})
  void getsNoRequestThatMayNotBeSentTwice(Transport transport) throws Exception {
    try (var rig = new Rig(transport)) {
      Peer client = rig.client(GET);
      Peer backend = rig.backend();
      RigTest.exchange(client, backend, "1");
      rig.onLoop(
          () -> { // told of in this order
            client.send(POST);
            backend.close();
            return true;
          });
      Peer next = rig.backend();
      next.head("POST / HTTP/1.1");
      next.send(ok("2"));
      client.expect(ok("2"));
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void isSeenOnAUnixSocketAsWell(Transport transport, @TempDir Path directory) throws Exception {
    try (var backend = new UnixBackend(directory.resolve("b.sock"));
        var rig = new Rig(transport)) {
      rig.reload("function select() return '" + backend.address() + "' end");
      Peer client = rig.client(GET);
      SocketChannel first = backend.asked("GET / HTTP/1.1");
      UnixBackend.send(first, ok("1"));
      client.expect(ok("1"));
      rig.onLoop(
          () -> {
            client.send(POST);
            first.close();
            return true;
          });
      SocketChannel next = backend.asked("POST / HTTP/1.1");
      UnixBackend.send(next, ok("2"));
      client.expect(ok("2"));
    }
  }
}
