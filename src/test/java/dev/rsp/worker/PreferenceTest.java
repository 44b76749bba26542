// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;

import org.junit.jupiter.api.Test;

/** A script's list of places: the next is tried where no connection can be made, and only there. */
@EachTransport
final class PreferenceTest extends RigTest {
  PreferenceTest() {
    super("function select(r) return {1, 2} end");
  }

  @Test
  void triesTheNextWhereNobodyListens() throws Exception {
    rig.closeBackend(1);
    uploadToTheSecond();
  }

  @Test
  void usesAnIdleConnectionToTheNextAgain() throws Exception {
    rig.closeBackend(1);
    Peer client = rig.client(GET);
    Peer second = rig.backend(2);
    for (int i = 0; i < 3; i++) {
      second.head();
      second.send(ok("" + i));
      client.expect(ok("" + i));
      client.send(GET);
    }
    second.head();
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
