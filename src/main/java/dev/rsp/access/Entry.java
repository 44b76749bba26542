// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import dev.rsp.http.Head;
import dev.rsp.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the access log says of one exchange. Its stream and its exchange write it while it goes on;
 * {@link LoopLog#end} makes a line of it, and takes it back.
 *
 * <p>Times are of {@link System#nanoTime}. Confined to one event loop.
 */
public final class Entry {
  /** Longer texts of clients are cut, so that no client decides how long a line is. In octets. */
  static final int MOST_TEXT_BYTES = 4096;

  /** Kept for the next exchange; enough for most request lines with a user agent. */
  private static final int KEPT_BYTES = 1024;

  /** The names of the request's fields that the format uses, in lower case; see {@link Format}. */
  private final List<String> fieldNames;

  private final byte[][] fieldOctets;

  /** Texts of the request, one behind the other: method, target, host, and the fields. */
  private byte[] texts = new byte[KEPT_BYTES];

  private int used;

  /** Where in the texts each of them ends: those above, in that order. */
  private final int[] ends;

  private int textCount;

  long beganMillis;
  long beganNanos;
  long headNanos;
  long queuedNanos;
  long connectNanos;
  long connectedNanos;
  long sentNanos;
  long answeredNanos;
  long endedNanos;

  boolean http10;
  String client = "";
  String scheme = "";
  @Nullable String requestId;
  @Nullable String why;
  @Nullable String slot;
  @Nullable String address;
  @Nullable String protocol;
  @Nullable String reason;
  String ending = "";
  int status;
  int attempts;
  boolean reused;
  private boolean fresh;
  long requestBytes;
  long responseBytes;
  long responseHeadBytes;

  Entry(List<String> fieldNames) {
    this.fieldNames = fieldNames;
    this.fieldOctets =
        fieldNames.stream()
            .map(name -> name.getBytes(StandardCharsets.US_ASCII))
            .toArray(byte[][]::new);
    this.ends = new int[Text.FIRST_FIELD + fieldNames.size()];
  }

  /** The texts of every request, by their place among all. */
  static final class Text {
    static final int METHOD = 0;
    static final int TARGET = 1;
    static final int HOST = 2;
    static final int FIRST_FIELD = 3;

    private Text() {}
  }

  void begin() {
    beganMillis = System.currentTimeMillis();
    beganNanos = System.nanoTime();
    headNanos = 0;
    queuedNanos = 0;
    connectNanos = 0;
    connectedNanos = 0;
    fresh = false;
    sentNanos = 0;
    answeredNanos = 0;
    used = 0;
    textCount = 0;
    http10 = false;
    why = null;
    slot = null;
    address = null;
    protocol = null;
    reason = null;
    status = 0;
    attempts = 0;
    reused = false;
    requestBytes = 0;
    responseBytes = 0;
    responseHeadBytes = 0;
    if (texts.length > KEPT_BYTES) {
      texts = new byte[KEPT_BYTES];
    }
  }

  // While the exchange goes on -------------------------------------------------------------------

  /** The head has come. It is read only during this call. */
  public void headCame(RequestHead head) {
    headNanos = System.nanoTime();
    requestBytes += head.length();
    http10 = head.http10();
    byte[] bytes = head.bytes();
    add(bytes, head.methodStart(), head.methodEnd());
    add(bytes, head.targetStart(), head.targetEnd());
    add(head.hostBytes(), 0, head.hostLength());
    for (byte[] name : fieldOctets) {
      addField(head, name);
    }
  }

  private void addField(Head head, byte[] name) {
    int field = head.find(name);
    if (field < 0) {
      add(texts, 0, 0);
    } else {
      add(head.bytes(), head.valueStart(field), head.valueEnd(field));
    }
  }

  private void add(byte[] from, int start, int end) {
    int count = Math.min(end - start, MOST_TEXT_BYTES);
    if (texts.length - used < count) {
      texts = Arrays.copyOf(texts, Math.max(used + count, texts.length * 2));
    }
    System.arraycopy(from, start, texts, used, count);
    used += count;
    ends[textCount++] = used;
  }

  /** More of the request's body has come: so many octets, as the client framed them. */
  public void bodyCame(int octets) {
    requestBytes += octets;
  }

  /** The route is known; {@code by} says what decided it. */
  public void routed(String by) {
    why = by;
  }

  /** The request waits for a place to accept a connection, or for its turn there. */
  public void queued() {
    if (queuedNanos == 0) {
      queuedNanos = System.nanoTime();
    }
  }

  /** A connection is being made, or, after {@link #queued}, is no longer waited for. */
  public void connecting() {
    attempts++;
    connectNanos = System.nanoTime();
  }

  /** The connection is made over which the request is sent next. */
  public void connected() {
    connectedNanos = System.nanoTime();
    fresh = true;
  }

  /**
   * The request goes to a backend, over a connection that served before unless {@link #connected}
   * was called.
   *
   * @param name the slot's name; null outside the list
   * @param at the address
   * @param by the protocol
   */
  public void sent(@Nullable String name, String at, String by) {
    sentNanos = System.nanoTime();
    slot = name;
    address = at;
    protocol = by;
    reused = !fresh;
    fresh = false;
  }

  /** No connection could be made to this place. */
  public void unreachable(@Nullable String name, String at, String by) {
    slot = name;
    address = at;
    protocol = by;
  }

  /** The final response begins, or 101. */
  public void answered(int code) {
    answeredNanos = System.nanoTime();
    status = code;
  }

  /** The proxy answers itself, for this reason. */
  public void refused(int code, String text) {
    status = code;
    reason = text;
  }

  /** A response head of so many octets is written to the client. */
  public void headWritten(int octets) {
    responseHeadBytes += octets;
  }

  /**
   * The exchange has ended.
   *
   * @param how as counters name it
   * @param from the client, as scripts see it
   * @param over the scheme of the client's connection
   * @param id the id of the request; null if it has none
   * @param written octets to the client, for this exchange
   */
  public void ended(String how, String from, String over, @Nullable String id, long written) {
    endedNanos = System.nanoTime();
    ending = how;
    client = from;
    scheme = over;
    requestId = id;
    responseBytes = written;
  }

  // For the formats ------------------------------------------------------------------------------

  boolean hasHead() {
    return textCount > 0;
  }

  byte[] texts() {
    return texts;
  }

  /** Where a text starts in {@link #texts}. */
  int start(int text) {
    return text == 0 || text >= textCount ? 0 : ends[text - 1];
  }

  /** Where it ends; where it starts if it is empty, or no head has come. */
  int end(int text) {
    return text >= textCount ? 0 : ends[text];
  }

  /** Where the path of the target ends: before the query. */
  int pathEnd() {
    int end = end(Text.TARGET);
    for (int at = start(Text.TARGET); at < end; at++) {
      if (texts[at] == '?') {
        return at;
      }
    }
    return end;
  }

  /** Which of the texts a field of the request is; beyond the last if it was not kept. */
  int field(String name) {
    int at = fieldNames.indexOf(name);
    return at < 0 ? ends.length : Text.FIRST_FIELD + at;
  }

  /** Octets of the response's body, as it was framed for the client. */
  long responseBodyBytes() {
    return Math.max(0, responseBytes - responseHeadBytes);
  }

  long totalNanos() {
    return endedNanos - beganNanos;
  }

  /** From the first octet of the head to its last; -1 if it did not become complete. */
  long headTime() {
    return headNanos == 0 ? -1 : headNanos - beganNanos;
  }

  /** Waiting for a place; -1 if it did not. */
  long queueTime() {
    if (queuedNanos == 0) {
      return -1;
    }
    return firstOf(connectNanos, sentNanos, endedNanos, queuedNanos) - queuedNanos;
  }

  /** Making the last connection for it; -1 if none was made. */
  long connectTime() {
    return connectedNanos == 0 ? -1 : connectedNanos - connectNanos;
  }

  /** From sending the head to the first octet of the answer; -1 if none came. */
  long firstByteTime() {
    return answeredNanos == 0 || sentNanos == 0 ? -1 : answeredNanos - sentNanos;
  }

  /** The first of these times that is not before {@code since}. */
  private static long firstOf(long connect, long sent, long ended, long since) {
    if (connect != 0 && connect - since >= 0) {
      return connect;
    }
    return sent != 0 && sent - since >= 0 ? sent : ended;
  }
}
