// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Http2BackendTest.H2C;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Calls as gRPC makes them, in which nobody says anything for long: which timeout ends them, and
 * what each side sees of that. The connections on both sides carry other streams after it.
 */
@Timeout(60)
final class SilentCallTest extends EmbeddedRigTest {
  private static final String GRPC = "application/grpc";

  /** Of the timeouts of all tests, in milliseconds. */
  private static final int RESPONSE = 2_000;

  /** More than the time between two checks of the timeouts. */
  private static final int CHECKED = 6_000;

  SilentCallTest() {
    super(H2C);
  }

  /** A call whose head has come to the backend, with these timeouts in seconds. */
  private Call call(int body, int idle) throws Exception {
    rig.leaveBackendsUnjudged();
    rig.serve(
        EmbeddedRig.config(
            H2C,
            "timeouts = {response = 2, body = %d, idle = %d, backend_keepalive = 60}"
                .formatted(body, idle)));
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a", "content-type", GRPC, "te", "trailers");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.frames();
    return new Call(client, backend);
  }

  /** Both sides of stream 1. */
  private record Call(Http2Peer client, Http2Peer backend) {
    void up(String message) {
      client.data(1, message, false);
      backend.expect("DATA 1 " + message);
    }

    void endUp() {
      client.data(1, "", true);
      backend.expect("DATA 1  END");
    }

    void head() {
      backend.headers(1, false, ":status", "200", "content-type", GRPC);
      client.expect("HEADERS 1 :status=200 content-type=" + GRPC);
    }

    void down(String message) {
      backend.data(1, message, false);
      client.expect("DATA 1 " + message);
    }

    void endDown() {
      backend.headers(1, true, "grpc-status", "0");
      client.expect("HEADERS 1 grpc-status=0 END");
    }

    void expectSilence() {
      client.expect();
      backend.expect();
    }

    /** Each side got a reset, and nothing else of the call. */
    void expectCut() {
      client.expect("RST_STREAM 1 INTERNAL_ERROR");
      backend.expect("RST_STREAM 1 CANCEL");
    }

    /** The client got an answer of the proxy's own, and the backend a reset. */
    void expectRefusal(int status, String why) {
      List<String> frames = client.frames();
      assertTrue(frames.get(0).startsWith("HEADERS 1 :status=" + status + " "), frames::toString);
      assertEquals("DATA 1 " + status + " " + why + "\n END", frames.get(1));
      backend.expect("RST_STREAM 1 CANCEL");
    }

    /** Another stream on the same connections is served. */
    void expectOtherStreams() {
      client.get(3, "a", "/");
      List<String> frames = backend.frames();
      assertTrue(frames.get(0).startsWith("HEADERS 3 :method=GET "), frames::toString);
      backend.headers(3, true, ":status", "204");
      client.expect("HEADERS 3 :status=204 END");
    }
  }

  // Before the head of the response --------------------------------------------------------------

  @Test
  void aRequestThatIsCompleteWaitsForItsHeadForTimeoutsResponse() throws Exception {
    Call call = call(60, 60);
    call.endUp();
    rig.pass(RESPONSE - 500);
    call.expectSilence();
    rig.pass(1_000);
    call.expectRefusal(504, "the backend took too long to answer");
    call.expectOtherStreams();
    rig.expectEndings("served=1 response_timeout=1");
  }

  @Test
  void aClientThatStreamsMayBeSilentForTimeoutsBodyBeforeTheHead() throws Exception {
    Call call = call(10, 4);
    rig.pass(9_000);
    call.up("one");
    rig.pass(9_000);
    call.up("two");
    rig.pass(9_000);
    call.endUp();
    rig.pass(RESPONSE - 500);
    call.head();
    call.endDown();
    rig.expectEndings("served=1");
  }

  @Test
  void aClientThatStreamsAndIsSilentForLongerThanThatIs408() throws Exception {
    Call call = call(10, 4);
    call.up("one");
    rig.pass(9_000);
    call.expectSilence();
    rig.pass(1_000 + CHECKED);
    call.expectRefusal(408, "the request body took too long");
    call.expectOtherStreams();
    rig.expectEndings("served=1 body_timeout=1");
  }

  // After it -------------------------------------------------------------------------------------

  @Test
  void aServerThatStreamsMayBeSilentForTimeoutsIdle() throws Exception {
    Call call = call(4, 10);
    call.endUp();
    call.head();
    rig.pass(9_000);
    call.down("one");
    rig.pass(9_000);
    call.down("two");
    rig.pass(9_000);
    call.endDown();
    rig.expectEndings("served=1");
  }

  @Test
  void aServerThatStreamsAndIsSilentForLongerThanThatIsCut() throws Exception {
    Call call = call(4, 10);
    call.endUp();
    call.head();
    call.down("one");
    rig.pass(9_000);
    call.expectSilence();
    rig.pass(1_000 + CHECKED);
    call.expectCut();
    call.expectOtherStreams();
    rig.expectEndings("served=1 backend_stalled=1");
  }

  /** In seconds, and how the call ends: by the fault of the side whose time it is. */
  @ParameterizedTest
  @CsvSource({"5, 30, request_broken", "30, 5, backend_stalled"})
  void whileTheClientMaySendTheShorterOfBothTimesHolds(int body, int idle, String ending)
      throws Exception {
    Call call = call(body, idle);
    call.head();
    rig.pass(4_500);
    call.up("a message of either side starts it again");
    rig.pass(4_500);
    call.down("answer");
    rig.pass(4_500);
    call.expectSilence();
    rig.pass(500 + CHECKED);
    call.expectCut();
    call.expectOtherStreams();
    rig.expectEndings("served=1 " + ending + "=1");
  }

  @Test
  void timeoutsBodyDoesNotHoldAnyMoreWhenTheClientHasSentAll() throws Exception {
    Call call = call(5, 10);
    call.head();
    rig.pass(4_500);
    call.endUp();
    rig.pass(9_000);
    call.down("one");
    call.endDown();
    rig.expectEndings("served=1");
  }

  @Test
  void pingsOfEitherSideDoNotKeepACallAlive() throws Exception {
    Call call = call(60, 10);
    call.head();
    for (int second = 0; second < 9; second++) {
      rig.pass(1_000);
      call.client.ping(second, false);
      call.client.expect("PING ACK " + second);
      call.backend.ping(second, false);
      call.backend.expect("PING ACK " + second);
    }
    rig.pass(1_000 + CHECKED);
    call.expectCut();
    rig.expectEndings("backend_stalled=1");
  }
}
