// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.ReadBuffers;
import dev.rsp.net.Transport;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Peers that send much, and then end their side, while nobody takes what they sent: it stays in the
 * socket, as it does before the end.
 */
@ParameterizedClass
@MethodSource("dev.rsp.worker.Rig#transportsButIoUring")
final class EndedPeerTest {
  /** The high-water mark, and as many of the largest reads as one turn of the loop may do. */
  private static final long MOST_HELD = 64 * 1024 + 2 * ReadBuffers.LARGEST_BYTES + 4096;

  private static final int MIB = 1 << 20;

  private final Transport transport;
  private Rig rig;

  EndedPeerTest(Transport transport) {
    this.transport = transport;
  }

  @BeforeEach
  void start() throws Exception {
    rig = new Rig(transport);
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
  }

  @Test
  void holdsLittleOfAResponseThatHasEndedAndIsNotRead() throws Exception {
    // How much the sockets hold is for the kernel to say, so one of these ends in the last of them.
    for (int size = 3 * MIB; size <= 12 * MIB; size += MIB) {
      Peer client = rig.smallClient(GET);
      Peer backend = rig.backend();
      backend.head();
      byte[] body = new byte[size];
      Thread sender =
          sender(
              () -> {
                backend.send(lines("HTTP/1.1 200 OK", "Content-Length: " + body.length));
                backend.send(body);
                backend.close();
              });
      long held = most(rig::unsent);
      assertTrue(held <= MOST_HELD, "held: " + held + " of " + size);
      client.reset();
      sender.join();
    }
  }

  @Test
  void holdsLittleBehindTheRequestOfAClientThatHasEnded() throws Exception {
    Peer client = rig.client();
    byte[] large = new byte[20 * MIB];
    // Read as fast as it comes, so that the kernel lets the socket hold megabytes.
    Thread uploader =
        sender(
            () -> {
              client.send(post("Content-Length: " + large.length));
              client.send(large);
            });
    Peer backend = rig.backend();
    backend.head();
    backend.read(large.length);
    uploader.join();
    backend.send(ok("1"));
    client.expect(ok("1"));
    client.send(GET);
    backend.head();
    long before = memory();
    byte[] behind = new byte[4 * MIB];
    Thread sender =
        sender(
            () -> {
              client.send(behind);
              client.shutOutput();
            });
    long held = most(() -> memory() - before);
    assertTrue(held < 2 * MIB, "held: " + held);
    backend.send(ok("2"));
    client.expect(ok("2"));
    client.reset();
    sender.join();
  }

  private long memory() {
    return rig.loop().allocatedBytes();
  }

  /** Something that a peer sends, as long as it is taken. */
  private interface Sending {
    void run() throws IOException;
  }

  private static Thread sender(Sending sending) {
    var sender =
        new Thread(
            () -> {
              try {
                sending.run();
              } catch (IOException closed) {
                return; // with the test
              }
            });
    sender.start();
    return sender;
  }

  /** The most that is seen until nothing has moved for a while. */
  private long most(LongSupplier held) throws InterruptedException {
    long most = 0;
    long last = -1;
    int same = 0;
    while (same < 30) {
      long now = held.getAsLong();
      most = Math.max(most, now);
      same = now == last ? same + 1 : 0;
      last = now;
      TimeUnit.MILLISECONDS.sleep(5);
    }
    return most;
  }
}
