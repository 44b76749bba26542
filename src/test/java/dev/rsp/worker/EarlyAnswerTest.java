// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.CHUNKED_HEAD;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.exchange.Ending;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Responses that begin before the request has ended: what is asked of the client's pace until then
 * goes on to be asked.
 */
final class EarlyAnswerTest extends RigTest {
  private static final String CHUNK = "1\r\nx\r\n";

  /** A client that has sent the first byte of its body and has the first of the response. */
  private record Begun(Peer client, Peer backend) {}

  private Begun start(String timeouts, String limits, int length) throws Exception {
    rig.reload(timeouts, limits);
    Peer client = rig.client(post("Content-Length: " + length) + "x");
    Peer backend = asked();
    backend.expect("x");
    backend.send(CHUNKED_HEAD + CHUNK);
    String end = "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + CHUNK;
    client.expect("HTTP/1.1 200 OK\r\nDate: x\r\n" + end);
    return new Begun(client, backend);
  }

  private static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void endsOfAClientThatTricklesTheRestOfItsRequest() throws Exception {
    Begun begun = start("timeouts = {body = 0.3}", "limits = {body_rate = 10000}", 1_000_000);
    Peer client = begun.client();
    Peer backend = begun.backend();
    var trickle =
        Beside.start(
            () -> {
              try {
                while (true) {
                  client.send("x");
                  pause(20);
                }
              } catch (IOException gone) {
                return;
              }
            });
    rig.awaitEnding(Ending.REQUEST_BROKEN);
    backend.expectGone();
    client.close();
    trickle.join();
  }

  /** What comes back makes it no faster. */
  @Test
  void endsOfAClientWhoseTrickleIsEchoed() throws Exception {
    Begun begun = start("timeouts = {body = 0.3}", "limits = {body_rate = 10000}", 1_000_000);
    Peer client = begun.client();
    Peer backend = begun.backend();
    var echo =
        Beside.start(
            () -> {
              try {
                while (true) {
                  client.send("x");
                  backend.expect("x");
                  backend.send(CHUNK);
                  client.expect(CHUNK);
                  pause(10);
                }
              } catch (IOException | AssertionError gone) {
                return;
              }
            });
    rig.awaitEnding(Ending.REQUEST_BROKEN);
    echo.join();
  }

  @Test
  void endsOfAClientThatSendsNoMoreOfItsRequestWhileTheBackendIsSilentToo() throws Exception {
    Begun begun = start("timeouts = {body = 0.2}", "limits = {}", 1_000_000);
    Peer client = begun.client();
    Peer backend = begun.backend();
    client.expectEnd();
    backend.expectGone();
    rig.awaitEnding(Ending.REQUEST_BROKEN);
  }

  /**
   * A client may have no use for the rest of its request, or wait for an answer to a part of it.
   */
  @Test
  void goesOnForAClientThatReadsMeanwhile() throws Exception {
    Begun begun = start("timeouts = {body = 1}", "limits = {body_rate = 1000}", 2);
    Peer client = begun.client();
    Peer backend = begun.backend();
    for (int i = 0; i < 250; i++) { // 100 B in 10 ms
      backend.send("64\r\n" + "x".repeat(100) + "\r\n");
      client.expect("64\r\n" + "x".repeat(100) + "\r\n");
      pause(10);
    }
    client.send("x");
    backend.expect("x");
    backend.send("0\r\n\r\n");
    client.expect("0\r\n\r\n");
    rig.awaitEnding(Ending.SERVED);
  }

  @Test
  void goesOnWithADownloadBehindAWholeRequest() throws Exception {
    Begun begun = start("timeouts = {body = 0.1}", "limits = {body_rate = 1000000}", 2);
    Peer client = begun.client();
    Peer backend = begun.backend();
    client.send("x");
    backend.expect("x");
    for (int i = 0; i < 4; i++) {
      pause(200);
      backend.send(CHUNK);
      client.expect(CHUNK);
    }
    backend.send("0\r\n\r\n");
    client.expect("0\r\n\r\n");
    rig.awaitEnding(Ending.SERVED);
  }

  /** The time in which the backend takes nothing of the request is not its client's. */
  @Test
  void goesOnForAClientThatIsHeldBack() throws Exception {
    int length = 20_000_000;
    Begun begun = start("timeouts = {body = 1}", "limits = {body_rate = 1000}", length + 1);
    Peer client = begun.client();
    Peer backend = begun.backend();
    var upload = Beside.start(() -> client.send(new byte[length]));
    rig.await("a request that is held up", rig::stuck);
    pause(2500);
    assertEquals("", rig.summary());
    assertEquals(1, rig.clients());
    backend.read(length);
    upload.join();
    backend.send("0\r\n\r\n");
    client.expect("0\r\n\r\n");
    rig.awaitEnding(Ending.SERVED);
  }
}
