// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;

import dev.rsp.exchange.Service;
import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;

/**
 * What is left of a configuration that was replaced: its script, its table of hosts and its list of
 * backends must not live on with a connection, which may do so for days.
 */
final class GenerationsTest extends RigTest {
  /** Only the loop holds it strongly. */
  private WeakReference<Service> inForce() {
    return rig.onLoop(() -> new WeakReference<>(rig.loop().state().service()));
  }

  @Test
  void areLetGoByTunnelsAndByConnectionsThatAreIdleOrInTheMiddleOfAResponse() throws Exception {
    rig.reload(
        "function select(r) return { 2, 1 } end",
        "function on_failure(r, f) return 1 end",
        "initialise = { url = 'http://127.0.0.1:9/{host}' }");
    rig.closeBackend(2); // so that on_failure has been asked
    WeakReference<Service> old = inForce();
    Tunnel tunnel = Tunnel.through(rig);
    Peer idle = rig.client(GET);
    Peer writing = rig.backend();
    exchange(idle, writing, "1");
    Peer reading = rig.client(get("a", "/long"));
    writing.head("GET /long HTTP/1.1");
    writing.send("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 9\r\n\r\nabc");
    reading.head();
    rig.reload();
    rig.await(
        "the end of a configuration",
        () -> {
          System.gc();
          return old.get() == null;
        });
    tunnel.client().send("alive");
    tunnel.backend().expect("alive");
    writing.send("defghi");
    reading.expect("abcdefghi");
    idle.send(GET);
    exchange(idle, writing, "2"); // over the connection used last
  }
}
