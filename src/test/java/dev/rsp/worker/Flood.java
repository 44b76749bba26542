// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Bytes that a peer sends until the sockets are full and some of them wait in the proxy. */
final class Flood {
  private final AtomicInteger sent = new AtomicInteger();
  private final int size;
  private final Beside sender;

  /** Sends a block again and again until then, and behind the last one what is to follow it. */
  Flood(Rig rig, Peer peer, byte[] block, Beside.Part end) throws InterruptedException {
    size = block.length;
    var enough = new AtomicBoolean();
    // In a thread of its own, because it may fill the sockets before the proxy is seen to wait.
    sender =
        Beside.start(
            () -> {
              while (!enough.get()) {
                sent.addAndGet(block.length);
                peer.send(block);
              }
              end.play();
            });
    rig.await("bytes wait in the proxy", rig::stuck);
    enough.set(true);
  }

  /** How many bytes of blocks were sent or are about to be; it may grow until all is sent. */
  int sent() {
    return sent.get();
  }

  /** Whether all is sent, with what follows the last block. */
  boolean isOver() {
    return sender.isOver();
  }

  /** Reads all of it at the other end. */
  void read(Peer reader) throws IOException, InterruptedException {
    for (int read = 0; !isOver() || read < sent(); ) {
      if (read < sent()) {
        read += reader.read(size).length;
      }
    }
    join();
  }

  void join() throws InterruptedException {
    sender.join();
  }
}
