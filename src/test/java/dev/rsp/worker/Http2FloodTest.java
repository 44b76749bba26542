// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Http2Peer.CONTINUATION;
import static dev.rsp.worker.Http2Peer.DATA;
import static dev.rsp.worker.Http2Peer.END_HEADERS;
import static dev.rsp.worker.Http2Peer.END_STREAM;
import static dev.rsp.worker.Http2Peer.HEADERS;
import static dev.rsp.worker.Http2Peer.PRIORITY;
import static dev.rsp.worker.Http2Peer.request;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.client.h2.Http2Counters;
import dev.rsp.client.h2.Http2Counters.Event;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client of HTTP/2 can make rsp do at most, without asking for anything. */
@Timeout(60)
final class Http2FloodTest extends EmbeddedRigTest {
  /** Far more than any budget. */
  private static final int MANY = 100_000;

  /** Resets at once. */
  private static final int RESETS = 200;

  /** Frames that serve no request, at once. */
  private static final int IDLE = 10_000;

  private static final List<ObjIntConsumer<Http2Peer>> PROVOCATIONS =
      List.of(
          (client, stream) -> client.windowUpdate(stream, 0),
          (client, stream) -> client.windowUpdate(stream, Integer.MAX_VALUE),
          (client, stream) -> client.data(stream, "after the end", false),
          (client, stream) -> client.headers(stream, true, "after", "the end"),
          (client, stream) -> client.frame(PRIORITY, 0, stream, (byte) 0),
          (client, stream) -> client.frame(PRIORITY, 0, stream, stream));

  private static final List<ObjIntConsumer<Http2Peer>> IDLE_FLOODS =
      List.of(
          (client, i) -> client.ping(i, false),
          (client, i) -> client.settings(),
          (client, i) -> client.frame(PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 1}),
          (client, i) -> client.frame(0x77, 0, 0, (byte) 1),
          (client, i) -> client.windowUpdate(0, 1),
          (client, i) -> client.ping(i, true),
          (client, i) -> client.frame(Http2Peer.SETTINGS, 1, 0));

  /** How often something may be sent until the connection ends; {@link #MANY} if it does not. */
  private int until(Http2Peer client, IntConsumer send) {
    for (int count = 0; count < MANY; count++) {
      send.accept(count);
      if (count % 16 == 0 || count < 2 * RESETS) {
        rig.rest();
        if (hasEnded(client)) {
          return count;
        }
      }
    }
    return MANY;
  }

  private boolean hasEnded(Http2Peer client) {
    return rig.loop().clientCount() == 0 || client.peer().hasEnd();
  }

  private void between(int least, int most, int count) {
    assertTrue(count >= least && count <= most, least + " <= " + count + " <= " + most);
  }

  @Test
  void whatHappensIsCounted() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    asked();
    client.reset(1);
    client.headers(3, true, "X", "1");
    client.windowUpdate(5, 1); // it was never opened
    rig.rest();
    Http2Counters counts = rig.loop().http2();
    assertEquals(1, counts.get(Event.CONNECTION));
    assertEquals(2, counts.get(Event.STREAM));
    assertEquals(1, counts.get(Event.CLIENT_RESET));
    assertEquals(1, counts.get(Event.ERROR_RESET));
    assertEquals(1, counts.get(Event.CONNECTION_ERROR));
    assertEquals(0, counts.get(Event.FLOOD));
    assertEquals("client_reset", Event.CLIENT_RESET.label());
    rig.acceptEndings();
  }

  @Test
  void rapidResetsEndTheConnection() {
    Http2Peer client = Http2Peer.of(rig);
    rig.acceptAtOnce();
    int count =
        until(
            client,
            i -> {
              client.get(2 * i + 1, "a", "/");
              client.reset(2 * i + 1);
            });
    between(RESETS, RESETS + 1, count);
    assertEquals(0, rig.loads().inFlight());
    assertEquals(1, rig.loop().http2().get(Event.FLOOD));
    rig.acceptEndings();
  }

  @Test
  void aClientThatResetsNowAndThenGoesOn() {
    Http2Peer client = Http2Peer.of(rig);
    rig.acceptAtOnce();
    for (int i = 0; i < 400; i++) {
      client.get(2 * i + 1, "a", "/");
      client.reset(2 * i + 1);
      rig.pass(100);
    }
    assertFalse(hasEnded(client));
    rig.acceptEndings();
  }

  @Test
  void resetsThatTheClientProvokesCountAsItsOwn() {
    // "MadeYouReset": each of these has rsp reset a stream whose request is under way.
    for (ObjIntConsumer<Http2Peer> provoke : PROVOCATIONS) {
      Http2Peer client = Http2Peer.of(rig);
      rig.acceptAtOnce();
      int count =
          until(
              client,
              i -> {
                client.get(2 * i + 1, "a", "/");
                provoke.accept(client, 2 * i + 1);
              });
      between(RESETS, RESETS + 1, count);
    }
    assertEquals(0, rig.loads().inFlight());
    rig.acceptEndings();
  }

  @Test
  void malformedRequestsCountAsResets() {
    Http2Peer client = Http2Peer.of(rig);
    int count = until(client, i -> client.headers(2 * i + 1, true, "X", "1"));
    between(RESETS, RESETS + 1, count);
    rig.expectNoConnect();
    rig.acceptEndings();
  }

  @Test
  void streamsAboveTheLimitCountAsResets() {
    Http2Peer client = Http2Peer.of(rig);
    for (int i = 0; i < 100; i++) {
      client.post(2 * i + 1, "a");
    }
    int count = until(client, i -> client.get(201 + 2 * i, "a", "/"));
    between(RESETS, RESETS + 1, count);
    rig.acceptEndings();
  }

  @Test
  void framesThatServeNoRequestEndTheConnection() {
    for (ObjIntConsumer<Http2Peer> flood : IDLE_FLOODS) {
      Http2Peer client = Http2Peer.of(rig);
      between(IDLE - 100, IDLE + 100, until(client, i -> flood.accept(client, i)));
    }
    rig.expectEndings("");
  }

  @Test
  void emptyContentEndsTheConnection() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    asked();
    between(IDLE - 100, IDLE + 100, until(client, i -> client.frame(DATA, 0, 1)));
    rig.acceptEndings();
  }

  @Test
  void aClientThatReadsNothingIsNotReadEither() {
    Http2Peer client = Http2Peer.of(rig);
    client.peer().takes(0);
    int sent = 0;
    while (sent < IDLE && client.peer().isRead()) {
      client.ping(sent++, false);
    }
    assertTrue(sent < IDLE, "read on after " + sent);
    assertTrue(rig.held() < 4 << 20, "held: " + rig.held());
    client.peer().takesAll();
    assertTrue(client.peer().isRead());
    rig.expectEndings("");
  }

  /** Each of these answers is one frame, after which the stream is over. */
  @Test
  void aClientThatReadsNoAnswersIsNotReadEither() {
    Http2Peer client = Http2Peer.of(rig);
    client.peer().takes(0);
    int sent = 0;
    while (sent < MANY && client.peer().isRead()) {
      client.headers(2 * sent++ + 1, true, request("HEAD", "a..b", "/"));
    }
    assertTrue(sent < MANY, "read on after " + sent);
    assertTrue(rig.held() < 8 << 20, "held: " + rig.held());
    client.peer().reset();
    rig.acceptEndings();
  }

  @Test
  void settingsDoNotKeepAnIdleConnectionOpen() {
    Http2Peer client = Http2Peer.of(rig);
    rig.pass(50_000);
    client.settings();
    client.expect("SETTINGS ACK");
    rig.pass(26_000);
    client.expect("GOAWAY 0 NO_ERROR");
    rig.expectEndings("");
  }

  @Test
  void continuationsAreBounded() {
    for (byte[] part : List.of(new byte[0], new byte[1], new byte[100])) {
      Http2Peer client = Http2Peer.of(rig);
      byte[] block = client.block(request("GET", "a", "/"));
      client.frame(HEADERS, END_STREAM, 1, block);
      between(1, 64, until(client, i -> client.frame(CONTINUATION, 0, 1, part)));
    }
    rig.expectEndings("");
  }

  @Test
  void largeContinuationsAreBoundedByTheSizeOfAHead() {
    Http2Peer client = Http2Peer.of(rig);
    client.frame(HEADERS, END_STREAM, 1, new byte[16_384]);
    between(1, 20, until(client, i -> client.frame(CONTINUATION, 0, 1, new byte[16_384])));
    assertTrue(rig.held() < 1 << 20, "held: " + rig.held());
    rig.expectEndings("");
  }

  /** One field in the table, and a reference to it in each octet: 4 KiB become 16 MiB. */
  @Test
  void aBombOfReferencesIsRefusedAndKeepsNothing() {
    Http2Peer client = Http2Peer.of(rig);
    var bomb = new ByteArrayOutputStream();
    byte[] block = client.block(request("GET", "a", "/"));
    bomb.write(block, 0, block.length);
    byte[] large = client.block("x", "y".repeat(3_900));
    bomb.write(large, 0, large.length);
    for (int i = 0; i < 8_000; i++) {
      bomb.write(0x80 | 62); // the newest of the table: RFC 7541 §2.3.3
    }
    byte[] all = bomb.toByteArray();
    client.frame(HEADERS, END_STREAM | END_HEADERS, 1, all);
    client.expect("RST_STREAM 1 PROTOCOL_ERROR");
    assertTrue(rig.held() < 1 << 20, "held: " + rig.held());
    client.get(3, "a", "/");
    asked().send(ok("ok"));
    assertTrue(client.frames().contains("DATA 3 ok END"));
    rig.acceptEndings();
  }

  @Test
  void windowsOfOneOctetEndTheConnection() {
    Http2Peer client = Http2Peer.of(rig, 4, 0);
    client.get(1, "a", "/");
    asked().send(ok("x".repeat(20_000)));
    int count = until(client, i -> client.windowUpdate(1, 1));
    between(IDLE / 2 - 100, IDLE / 2 + 100, count);
    rig.acceptEndings();
  }

  @Test
  void streamsWithoutWindowsHoldOneReadEach() {
    Http2Peer client = Http2Peer.of(rig, 4, 0);
    rig.acceptAtOnce();
    for (int i = 0; i < 100; i++) {
      client.get(2 * i + 1, "a", "/");
    }
    rig.rest();
    String head = "HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n";
    rig.answerOverIdle(head + "x".repeat(100_000));
    assertTrue(rig.held() < 100 * 40_000, "held: " + rig.held());
    client.peer().reset();
    rig.acceptEndings();
  }

  @Test
  void framesAreReadAcrossAnySplit() {
    Http2Peer client = Http2Peer.of(rig);
    byte[] ping = Http2Peer.bytesOf(Http2Peer.PING, 0, 0, new byte[8]);
    for (int split = 1; split < ping.length; split++) {
      client.peer().send(Arrays.copyOfRange(ping, 0, split));
      rig.rest();
      client.peer().send(Arrays.copyOfRange(ping, split, ping.length));
      client.expect("PING ACK 0");
    }
    rig.expectEndings("");
  }
}
