// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;

/** What tests of uwsgi start with: an application, and hosts that lead to it in several ways. */
abstract class UwsgiPlaces extends RigTest {
  static final String CHUNKED = post("Transfer-Encoding: chunked");
  static final String GONE = "the backend closed the connection without an answer";

  /** Closed behind the rig. */
  @AutoClose UwsgiPeer app;

  /** Hosts that start with "m" go to a place that refuses first, then to the application. */
  @BeforeEach
  void start() throws Exception {
    app = new UwsgiPeer();
    reload("limits = { held_body_bytes = 1000, held_total_bytes = 1500 }");
  }

  final void reload(String limits) throws Exception {
    rig.reload(
        limits,
        "function select(r)",
        "  if r.host:sub(1, 1) == 'm' then return { 2, '" + app.address() + "' } end",
        "  if r.host:sub(1, 1) == 'h' then return { '" + app.address() + "', 1 } end",
        "  if r.host:sub(1, 1) == 'x' then return 'uwsgi:unix:/nowhere/' .. r.host end",
        "  return '" + app.address() + "'",
        "end");
  }

  /** The next connection to the application, when a packet has come over it. */
  final Peer packetSent() throws IOException {
    Peer backend = app.accept();
    UwsgiPeer.variables(backend);
    return backend;
  }

  /** The application gets a body of this length and answers; the variables that came with it. */
  final Map<String, String> answer(Peer client, String length, String body) throws IOException {
    try (Peer backend = app.accept()) {
      Map<String, String> variables = UwsgiPeer.variables(backend);
      assertEquals(length, variables.get("CONTENT_LENGTH"));
      backend.expect(body);
      backend.send(ok("1"));
      client.expect(ok("1"));
      return variables;
    }
  }
}
