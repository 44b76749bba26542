// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import dev.rsp.http.Client;
import dev.rsp.http.ClientTls;
import dev.rsp.http.Head;
import dev.rsp.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one exchange: for the access log, and for those who count. Its stream and its
 * exchange write it while it goes on; when it has ended, it is read, and {@link Entries} takes it
 * back.
 *
 * <p>Times are of {@link System#nanoTime}. Confined to one event loop.
 */
public final class Entry {
  /** Longer texts of clients are cut, so that no client decides how long a line is. In octets. */
  static final int MOST_TEXT_BYTES = 4096;

  /** Kept for the next exchange; enough for most request lines with a user agent. */
  private static final int KEPT_BYTES = 1024;

  private static final long NANOS_PER_MILLI = 1_000_000;

  /** Whether the texts of the request are kept, or only its host. */
  private final boolean keepsTexts;

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

  long generation;
  boolean http10;
  boolean http2;
  String client = "";
  @Nullable String peer;
  String scheme = "";
  @Nullable ClientTls tls;
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
  private int sends;
  private boolean fresh;
  long requestBytes;
  long responseBytes;
  long responseHeadBytes;

  /**
   * An entry that keeps these fields of requests.
   *
   * @param requestFields their names; null if no text is kept but the host
   */
  Entry(@Nullable List<String> requestFields) {
    this.keepsTexts = requestFields != null;
    this.fieldNames = requestFields == null ? List.of() : requestFields;
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

  void begin(long newest) {
    generation = newest;
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
    http2 = false;
    why = null;
    slot = null;
    address = null;
    protocol = null;
    reason = null;
    status = 0;
    attempts = 0;
    sends = 0;
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
    if (!keepsTexts) {
      add(bytes, 0, 0);
      add(bytes, 0, 0);
      add(head.hostBytes(), 0, head.hostLength());
      return;
    }
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

  /** The request came in HTTP/2. */
  public void http2() {
    http2 = true;
  }

  /** More of the request's body has come: so many octets, as the client framed them. */
  public void bodyCame(int octets) {
    requestBytes += octets;
  }

  /**
   * The route is known.
   *
   * @param by what decided it
   * @param of the number of the configuration that did
   */
  public void routed(String by, long of) {
    why = by;
    generation = of;
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
    sends++;
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

  /** So many octets are written to the client that are not of the body of a response: heads. */
  public void headWritten(long octets) {
    responseHeadBytes += octets;
  }

  /**
   * The exchange has ended.
   *
   * @param how as counters name it
   * @param from the client, as scripts see it
   * @param id the id of the request; null if it has none
   * @param written octets to the client, for this exchange
   */
  public void ended(String how, Client from, @Nullable String id, long written) {
    endedNanos = System.nanoTime();
    ending = how;
    client = from.text();
    peer = from.sender();
    scheme = from.scheme();
    tls = from.tls();
    requestId = id;
    responseBytes = written;
  }

  // For those who count --------------------------------------------------------------------------

  /** Whether it was made for these fields of requests; null for none. */
  boolean keeps(@Nullable List<String> requestFields) {
    return requestFields == null ? !keepsTexts : keepsTexts && fieldNames.equals(requestFields);
  }

  /** Whether a backend answered it, with a final response or 101. */
  public boolean hasAnswer() {
    return answeredNanos != 0;
  }

  /** When the exchange ended, in milliseconds since 1970. */
  public long endedMillis() {
    return beganMillis + (endedNanos - beganNanos) / NANOS_PER_MILLI;
  }

  /** The status that the client got; 0 if it got none. */
  public int status() {
    return status;
  }

  /** What decided the route; null if none was found. */
  public @Nullable String why() {
    return why;
  }

  /** The name of the slot that the request was sent to last, or that could not be reached. */
  public @Nullable String slot() {
    return slot;
  }

  /** Whether the request was meant for a place: one of a slot, or one that a script has named. */
  public boolean hasPlace() {
    return address != null;
  }

  /** The backend's address; null without {@link #hasPlace}. */
  public @Nullable String address() {
    return address;
  }

  /** How the exchange ended, as counters name it. */
  public String ending() {
    return ending;
  }

  /** The client, as scripts see it. */
  public String client() {
    return client;
  }

  /** The scheme of the client's connection. */
  public String scheme() {
    return scheme;
  }

  /** The id of the request; null if it has none. */
  public @Nullable String requestId() {
    return requestId;
  }

  /** When the first octet of the request came, in milliseconds since 1970. */
  public long beganMillis() {
    return beganMillis;
  }

  /** From the first octet of the request to the sending of its head, in nanoseconds; -1 if none. */
  public long sentTime() {
    return sentNanos == 0 ? -1 : sentNanos - beganNanos;
  }

  /** From the first octet of the request to the first of the answer, in nanoseconds; -1 if none. */
  public long answerTime() {
    return answeredNanos == 0 ? -1 : answeredNanos - beganNanos;
  }

  /** Octets from the client, as it framed them. */
  public long requestBytes() {
    return requestBytes;
  }

  /** Octets to the client, as they were framed for it. */
  public long responseBytes() {
    return responseBytes;
  }

  /** How many connections were begun for it. */
  public int connects() {
    return attempts;
  }

  /** How often it was sent again, after a backend had closed its connection. */
  public int retries() {
    return Math.max(0, sends - 1);
  }

  /** The array with the canonical host, between {@link #hostStart} and {@link #hostEnd}. */
  public byte[] hostBytes() {
    return texts;
  }

  /** Where the host starts. */
  public int hostStart() {
    return start(Text.HOST);
  }

  /** Where it ends; where it starts if there is none. */
  public int hostEnd() {
    return end(Text.HOST);
  }

  /** From the first octet of the request to the end of the exchange, in nanoseconds. */
  public long totalTime() {
    return endedNanos - beganNanos;
  }

  /** When the exchange ended. */
  public long endedTime() {
    return endedNanos;
  }

  /** From sending the head to the first octet of the answer, in nanoseconds; -1 if none came. */
  public long firstByteTime() {
    return answeredNanos == 0 || sentNanos == 0 ? -1 : answeredNanos - sentNanos;
  }

  /** Waiting for a place, in nanoseconds; -1 if it did not. */
  public long queueTime() {
    if (queuedNanos == 0) {
      return -1;
    }
    return firstOf(connectNanos, sentNanos, endedNanos, queuedNanos) - queuedNanos;
  }

  /** Making the last connection for it, in nanoseconds; -1 if none was made. */
  public long connectTime() {
    return connectedNanos == 0 ? -1 : connectedNanos - connectNanos;
  }

  /**
   * From sending the request, the last time, to the end of the exchange, in nanoseconds; 0 if it
   * was not sent.
   */
  public long backendTime() {
    return sentNanos == 0 ? 0 : endedNanos - sentNanos;
  }

  // For the formats ------------------------------------------------------------------------------

  /** The version of HTTP of the client's request. */
  String version() {
    return http2 ? "HTTP/2" : http10 ? "HTTP/1.0" : "HTTP/1.1";
  }

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

  /** Octets of the response's body: in HTTP/1 as it was framed, in HTTP/2 without its frames. */
  long responseBodyBytes() {
    return Math.max(0, responseBytes - responseHeadBytes);
  }

  /** From the first octet of the head to its last; -1 if it did not become complete. */
  public long headTime() {
    return headNanos == 0 ? -1 : headNanos - beganNanos;
  }

  /** The first of these times that is not before {@code since}. */
  private static long firstOf(long connect, long sent, long ended, long since) {
    if (connect != 0 && connect - since >= 0) {
      return connect;
    }
    return sent != 0 && sent - since >= 0 ? sent : ended;
  }
}
