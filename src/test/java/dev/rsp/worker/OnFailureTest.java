// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;

import org.junit.jupiter.api.Test;

/** A file's on_failure decides where a request goes to whose place could not be reached. */
@EachTransport
final class OnFailureTest extends RigTest {
  /** Nobody listens at the place that is chosen first. */
  private void onFailure(String body) throws Exception {
    rig.reload("function select(r) return 1 end function on_failure(r, f) " + body + " end");
    rig.closeBackend(1);
  }

  @Test
  void namesThePlaceThatIsTriedNext() throws Exception {
    onFailure(
        "if r.method == 'POST' and f.reason == 'refused' and f.attempt == 1 then return 2 end");
    uploadToTheSecond();
  }

  @Test
  void mayRefuseWithAStatusOfItsOwn() throws Exception {
    onFailure("refuse(503, f.slot .. ' is ' .. f.reason)");
    rig.client(GET).expectRefusal(503, rig.backendAddress(1) + " is refused");
  }

  @Test
  void changesNothingIfItAnswersNothing() throws Exception {
    onFailure("");
    rig.client(GET).expectRefusal(502, "the backend cannot be reached");
  }

  @Test
  void isToldOfASocketThatIsMissing() throws Exception {
    onFailure(
        "if f.attempt == 1 then return 'unix:/nowhere/' .. r.host .. '.sock' end"
            + " refuse(404, f.reason .. ' ' .. f.address .. ' ' .. tostring(f.slot))");
    rig.client(GET).expectRefusal(404, "missing unix:/nowhere/a.sock nil");
  }

  @Test
  void doesNotGoOnForEver() throws Exception {
    onFailure("return 1");
    rig.client(GET).expectRefusal(502, "the backend cannot be reached");
  }
}
