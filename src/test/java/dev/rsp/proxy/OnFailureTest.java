// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.GET;
import static dev.rsp.proxy.Messages.ok;
import static dev.rsp.proxy.Messages.post;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A file's on_failure decides where a request goes to whose place could not be reached. */
@ParameterizedClass
@MethodSource("dev.rsp.proxy.Rig#transports")
final class OnFailureTest {
  private final Transport transport;

  OnFailureTest(Transport transport) {
    this.transport = transport;
  }

  private Rig rig(String onFailure) throws Exception {
    return new Rig(
        transport,
        "function select(r) return 1 end function on_failure(r, f) " + onFailure + " end");
  }

  @Test
  void namesThePlaceThatIsTriedNext() throws Exception {
    try (Rig rig =
        rig(
            "if r.method == 'POST' and f.reason == 'refused' and f.attempt == 1 then return 2 end")) {
      rig.closeBackend(1);
      Peer client = rig.client(post("Content-Length: 4") + "bo");
      Peer second = rig.backend(2);
      second.head("POST / HTTP/1.1");
      client.send("dy");
      second.expect("body");
      second.send(ok("2"));
      client.expect(ok("2"));
    }
  }

  @Test
  void mayRefuseWithAStatusOfItsOwn() throws Exception {
    try (Rig rig = rig("refuse(503, f.slot .. ' is ' .. f.reason)")) {
      rig.closeBackend(1);
      rig.client(GET).expectRefusal(503, "127.0.0.1:" + rig.backendPort(1) + " is refused");
    }
  }

  @Test
  void changesNothingIfItAnswersNothing() throws Exception {
    try (Rig rig = rig("")) {
      rig.closeBackend(1);
      rig.client(GET).expectRefusal(502, "the backend cannot be reached");
    }
  }

  @Test
  void isToldOfASocketThatIsMissing() throws Exception {
    try (Rig rig =
        rig(
            "if f.attempt == 1 then return 'unix:/nowhere/' .. r.host .. '.sock' end"
                + " refuse(404, f.reason .. ' ' .. f.address .. ' ' .. tostring(f.slot))")) {
      rig.closeBackend(1);
      rig.client(GET).expectRefusal(404, "missing unix:/nowhere/a.sock nil");
    }
  }

  @Test
  void doesNotGoOnForEver() throws Exception {
    try (Rig rig = rig("return 1")) {
      rig.closeBackend(1);
      rig.client(GET).expectRefusal(502, "the backend cannot be reached");
    }
  }
}
