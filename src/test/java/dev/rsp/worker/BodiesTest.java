// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.CHUNKED_HEAD;
import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.exchange.Ending;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies and their framing, whole, cut short and malformed: rules 49 to 57 and 66 to 73. */
@EachTransport
final class BodiesTest extends RigTest {
  private static final String GET_10 = "GET / HTTP/1.0\r\nHost: a\r\n\r\n";
  private static final String CLOSED_HEAD =
      lines("HTTP/1.1 200 OK", "Date: x", "Connection: close");

  @Test
  @Rule(57)
  void passesChunksBothWays() throws Exception {
    Peer client = rig.client(post("Transfer-Encoding: chunked") + "3;ext\r\nabc\r\n");
    Peer backend = rig.backend();
    assertTrue(backend.head("POST / HTTP/1.1").contains("\r\nTransfer-Encoding: chunked\r\n"));
    backend.expect("3\r\nabc\r\n");
    client.send("2\r\nde\r\n0\r\nTrailer: x\r\n\r\n" + GET);
    backend.expect("2\r\nde\r\n0\r\n\r\n");
    backend.send(CHUNKED_HEAD + "1;ext\r\nx\r\n");
    client.expect(CHUNKED_HEAD + "1\r\nx\r\n");
    backend.send("0\r\nTrailer: y\r\n\r\n");
    client.expect("0\r\n\r\n");
    backend.head("GET / HTTP/1.1");
  }

  @Test
  void passesChunksThatComeWithTheirHeads() throws Exception {
    Peer client = rig.client(post("Transfer-Encoding: chunked") + "1\r\na\r\n0\r\n\r\n" + GET);
    Peer backend = asked();
    backend.expect("1\r\na\r\n0\r\n\r\n");
    backend.send(CHUNKED_HEAD + "1\r\nx\r\n0\r\n\r\n");
    client.expect(CHUNKED_HEAD + "1\r\nx\r\n0\r\n\r\n");
    backend.head("GET / HTTP/1.1");
  }

  @Test
  @Rule(67)
  void takesChunksApartForHttp10() throws Exception { // rule 67
    Peer client = rig.client(GET_10);
    Peer backend = asked();
    backend.send(CHUNKED_HEAD + "1\r\na\r\n");
    client.expect(CLOSED_HEAD + "a");
    backend.send("2\r\nbc\r\n0\r\n\r\n");
    client.expect("bc");
    client.expectEnd();
    rig.client(GET);
    backend.head(); // the backend's connection is as good as before
  }

  @Test
  @Rule(70)
  void putsABodyWithoutLengthInChunks() throws Exception { // rule 70
    Peer client = rig.client(GET);
    try (Peer backend = asked()) {
      backend.send("HTTP/1.0 200 OK\r\nDate: x\r\n\r\nabc");
      client.expect(CHUNKED_HEAD + "3\r\nabc");
      backend.send("0123456789");
      client.expect("\r\na\r\n0123456789");
    }
    client.expect("\r\n0\r\n\r\n");
    client.send(GET);
    rig.backend().head();
  }

  @Test
  void putsAnEmptyBodyWithoutLengthInChunks() throws Exception {
    Peer client = rig.client(GET);
    try (Peer backend = asked()) {
      backend.send("HTTP/1.1 200 OK\r\nDate: x\r\n\r\n");
    }
    client.expect(CHUNKED_HEAD + "0\r\n\r\n");
  }

  @Test
  void passesABodyWithoutLengthToHttp10() throws Exception {
    Peer client = rig.client(GET_10);
    try (Peer backend = asked()) {
      backend.send("HTTP/1.1 200 OK\r\nDate: x\r\n\r\nabc");
    }
    client.expect(CLOSED_HEAD + "abc");
    client.expectEnd();
  }

  @Test
  @Rule(71)
  void showsThatALengthWasNotReached() throws Exception { // rule 71
    Peer client = rig.client(GET);
    try (Peer backend = asked()) {
      backend.send("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 10\r\n\r\nabc");
    }
    client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 10\r\n\r\nabc");
    client.expectGone();
    rig.awaitEnding(Ending.BACKEND_TRUNCATED);
  }

  @ParameterizedTest(name = "\"{0}\"")
  @ValueSource(
      strings = {"", "3\r\nabc", "3\r\nabc\r\n", "3\r\nabc\r\n0\r\n", "3\r\nabc\r\n0\r\nX: y\r\n"})
  @Rule(71)
  void showsThatChunksDidNotEnd(String chunks) throws Exception {
    Peer client = rig.client(GET);
    try (Peer backend = asked()) {
      backend.send(CHUNKED_HEAD + chunks);
    }
    client.expect(CHUNKED_HEAD + chunks.replace("X: y\r\n", ""));
    client.expectEnd();
    rig.awaitEnding(Ending.BACKEND_TRUNCATED);
  }

  @Test
  @Rule(71)
  void resetsHttp10WhoseBodyIsNotWhole() throws Exception {
    Peer client = rig.client(GET_10);
    try (Peer backend = asked()) {
      backend.send(CHUNKED_HEAD + "3\r\nabc\r\n");
      client.expect(CLOSED_HEAD + "abc");
    }
    client.expectReset();
    rig.awaitEnding(Ending.BACKEND_TRUNCATED);
  }

  @Test
  @Rule(70)
  void showsThatABackendBroke() throws Exception { // rule 70
    Peer client = rig.client(GET);
    Peer backend = asked();
    backend.send("HTTP/1.1 200 OK\r\nDate: x\r\n\r\nabc");
    client.expect(CHUNKED_HEAD + "3\r\nabc");
    backend.reset();
    client.expectEnd(); // without a last chunk
    rig.awaitEnding(Ending.BACKEND_TRUNCATED);
  }

  @Test
  @Rule(71)
  void cutsAResponseWithAMalformedChunk() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = asked();
    backend.send(CHUNKED_HEAD + "1\r\na\r\n");
    client.expect(CHUNKED_HEAD + "1\r\na\r\n");
    backend.send("0x1\r\nb\r\n");
    client.expectEnd();
    backend.expectGone();
    rig.awaitEnding(Ending.BACKEND_MALFORMED_BODY);
  }

  @Test
  @Rule(69)
  void refusesAResponseWhoseFirstChunkIsMalformed() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = asked();
    backend.send(CHUNKED_HEAD + "-1\r\na\r\n");
    client.expectRefusal(502, "malformed body of the backend's response");
    backend.expectGone();
    client.send(GET);
    rig.backend().head();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\nX: y\n\n",
        "HTTP/1.1 200 OK\r\nX\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n"
      })
  @Rule({69, 73})
  void refusesWhatIsNoResponse(String head) throws Exception { // rules 69 and 73
    Peer client = rig.client(GET);
    Peer backend = asked();
    backend.send(head);
    assertTrue(client.head("HTTP/1.1 502 Bad Gateway").contains("Content-Length"));
    backend.expectGone();
    rig.awaitEnding(Ending.BACKEND_MALFORMED);
  }

  @Test
  @Rule(53)
  void refusesAMalformedRequestBody() throws Exception {
    Peer client = rig.client(post("Transfer-Encoding: chunked") + "x\r\n");
    client.expectRefusal(400, "malformed request body");
    client.expectEnd();
  }

  @Test
  @Rule(49)
  void abandonsTheBackendOfAMalformedRequestBody() throws Exception { // rule 49
    Peer client = rig.client(post("Transfer-Encoding: chunked") + "1\r\na\r\n");
    Peer backend = asked();
    backend.expect("1\r\na\r\n");
    client.send("1\r\nab\r\n" + GET);
    backend.expectGone();
    client.expectRefusal(400, "malformed request body");
    client.expectEnd(); // what follows is not looked at
    assertEquals(1, rig.endings(Ending.REFUSED));
  }

  @Test
  @Rule(50)
  void keepsWhatFollowsABody() throws Exception { // rule 50
    Peer client = rig.client(post("Content-Length: 003") + "abcGET /2 HT");
    Peer backend = rig.backend();
    assertTrue(backend.head("POST / HTTP/1.1").contains("\r\nContent-Length: 3\r\n"));
    backend.expect("abc");
    client.send("TP/1.1\r\nHost: a\r\n\r\n");
    backend.send(ok("1"));
    client.expect(ok("1"));
    backend.head("GET /2 HTTP/1.1");
  }
}
