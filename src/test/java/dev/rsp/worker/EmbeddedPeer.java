// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.referee.End;
import dev.rsp.referee.Violation;
import dev.rsp.referee.Watch;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The test's end of an {@link EmbeddedSocket}. Text is one character per byte.
 *
 * <p>What it does, the loop sees in its next turn, with all else that was done before. A look at
 * what the proxy has done lets the loop come to rest first.
 */
final class EmbeddedPeer {
  private final EmbeddedRig rig;
  private final EmbeddedSocket socket;
  private final Watch watch;
  private final StringBuilder received = new StringBuilder();
  private End end = End.UNSEEN;

  /** A peer whose part in HTTP a referee knows. */
  EmbeddedPeer(EmbeddedRig rig, boolean isClient) {
    this.rig = rig;
    this.watch = isClient ? Watch.client() : Watch.backend();
    this.socket = new EmbeddedSocket(rig, this, isClient);
  }

  EmbeddedSocket socket() {
    return socket;
  }

  void send(String text) {
    send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  void send(byte[] bytes) {
    watch.sent(bytes, 0, bytes.length);
    socket.arrive(bytes);
  }

  /** Sends bytes in front of HTTP, of which the referee knows nothing. */
  void sendBefore(String text) {
    socket.arrive(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends such bytes together with those that follow them. */
  void sendBefore(String before, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    watch.sent(bytes, 0, bytes.length);
    socket.arrive((before + text).getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends two parts, of which the loop has done with the first before the second comes. */
  void sendSplit(String text, int at) {
    send(text.substring(0, at));
    rig.rest();
    send(text.substring(at));
  }

  /** The same with each byte. */
  void sendEachAlone(String text) {
    for (int i = 0; i < text.length(); i++) {
      send(text.substring(i, i + 1));
      rig.rest();
    }
  }

  /** Sends nothing more. */
  void end() {
    socket.peerEnds(End.FIN);
  }

  /** Breaks the connection. */
  void reset() {
    socket.peerEnds(End.RESET);
  }

  /** Takes so many bytes from now on, and then none. */
  void takes(long bytes) {
    socket.peerTakes(bytes);
  }

  /** Takes all there is from now on. */
  void takesAll() {
    takes(Long.MAX_VALUE);
  }

  /** Accepts the connection that was asked for. */
  void accept() {
    socket.accept();
  }

  /** Refuses it. */
  void refuse() {
    socket.refuse(new ConnectException("Connection refused"));
  }

  // What the proxy has done ----------------------------------------------------------------------

  void received(byte[] bytes) {
    watch.received(bytes, 0, bytes.length);
    received.append(new String(bytes, StandardCharsets.ISO_8859_1));
  }

  /** The proxy sends nothing more. */
  void ended(End how) {
    watch.ended(how);
    if (end == End.UNSEEN) {
      end = how;
    }
  }

  /** All that has come since this was last asked. */
  String take() {
    rig.rest();
    String taken = received.toString();
    received.setLength(0);
    return taken;
  }

  /** This, and nothing else, has come. */
  void expect(String text) {
    assertEquals(text, take());
  }

  void expectNothing() {
    expect("");
  }

  /** A request has come, which begins so. */
  void expectStart(String start) {
    String taken = take();
    assertEquals(start, taken.substring(0, Math.min(start.length(), taken.length())));
  }

  /** A whole answer of the proxy's own, and nothing else, has come. */
  void expectRefusal(int status, String why) {
    String taken = take();
    assertEquals("HTTP/1.1 " + status, taken.substring(0, Math.min(12, taken.length())));
    assertEquals(
        "\r\n\r\n" + status + " " + why + "\n", taken.substring(taken.indexOf("\r\n\r\n")));
  }

  /** Nothing more has come, and the proxy has ended its side in good order. */
  void expectEnd() {
    expectNothing();
    assertEquals(End.FIN, end);
  }

  /** Nothing more has come, and the proxy has broken the connection. */
  void expectReset() {
    expectNothing();
    assertEquals(End.RESET, end);
  }

  /** Nothing more has come, and both sides may go on. */
  void expectOpen() {
    expectNothing();
    assertEquals(End.UNSEEN, end);
    assertTrue(socket.isOpen());
  }

  /** The proxy has let go of the connection. */
  void expectClosed() {
    rig.rest();
    assertFalse(socket.isOpen());
  }

  /** Whether the proxy reads what this sends. */
  boolean isRead() {
    rig.rest();
    return socket.config().isAutoRead();
  }

  /** Whether the proxy has ended its side. */
  boolean hasEnd() {
    rig.rest();
    return end != End.UNSEEN;
  }

  boolean isOpen() {
    return socket.isOpen();
  }

  /** What the referee has found. */
  @Nullable Violation verdict() {
    watch.ended(End.UNSEEN);
    return watch.violation();
  }
}
