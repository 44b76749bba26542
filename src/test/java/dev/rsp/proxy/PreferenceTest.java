// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.GET;
import static dev.rsp.proxy.Messages.ok;
import static dev.rsp.proxy.Messages.post;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A script's list of places: the next is tried where no connection can be made, and only there. */
@ParameterizedClass
@MethodSource("dev.rsp.proxy.Rig#transports")
final class PreferenceTest {
  private final Transport transport;
  private Rig rig;

  PreferenceTest(Transport transport) {
    this.transport = transport;
  }

  @BeforeEach
  void start() throws Exception {
    rig = new Rig(transport, "function select(r) return {1, 2} end");
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
  }

  @Test
  void triesTheNextWhereNobodyListens() throws Exception {
    rig.closeBackend(1);
    Peer client = rig.client(post("Content-Length: 4") + "bo");
    Peer second = rig.backend(2);
    second.head("POST / HTTP/1.1");
    client.send("dy");
    second.expect("body");
    second.send(ok("2"));
    client.expect(ok("2"));
  }

  @Test
  void staysWithTheFirstThatAnswersBadly() throws Exception {
    Peer client = rig.client(GET);
    Peer first = rig.backend(1);
    first.head();
    first.close();
    client.expectRefusal(502, "the backend closed the connection without an answer");
  }

  @Test
  void refusesWhenNobodyListensAnywhere() throws Exception {
    rig.closeBackend(1);
    rig.closeBackend(2);
    Peer client = rig.client(post("Content-Length: 4") + "bo");
    client.expectRefusal(502, "the backend cannot be reached");
    client.expectEnd();
  }
}
