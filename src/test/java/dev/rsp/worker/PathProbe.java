// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;

/** The program that the tracer runs: GETs over the same two connections, the last one traced. */
public final class PathProbe {
  /** As long as the response body of the benchmarks: nginx's default page had this size. */
  private static final String RESPONSE = ok("x".repeat(612));

  /** Enough for read sizes, pools and caches to stay as they are from then on. */
  private static final int WARM_UP = 20;

  private PathProbe() {}

  /** Runs without arguments; fails if the rig finds a fault. */
  public static void main(String[] arguments) throws Exception {
    var rig = new EmbeddedRig();
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.backend();
    respond(backend, client);
    for (int i = 0; i < WARM_UP; i++) {
      client.send(GET);
      respond(backend, client);
    }
    begin();
    client.send(GET);
    respond(backend, client);
    end();
    rig.acceptEndings();
    rig.close();
  }

  private static void respond(EmbeddedPeer backend, EmbeddedPeer client) {
    backend.expectStart("GET / HTTP/1.1\r\n");
    backend.send(RESPONSE);
    client.expect(RESPONSE);
  }

  /** The tracer looks for this call: the next request is the one to trace. */
  private static void begin() {}

  /** The tracer looks for this call: the client has the response. */
  private static void end() {}
}
