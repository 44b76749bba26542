// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import dev.rsp.access.Entry.Text;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes the line of an entry in JSON: each {@link Field} that has a value, in their order, and the
 * two fields of requests that all logs have.
 *
 * <p>Written out, not made of the parts of which patterns are made: at 60,000 requests a second
 * some 30 calls through an interface for each line are a tenth of what rsp does.
 */
final class JsonLine {
  private static final byte[] TIME = ascii("{\"time\":\"");
  private static final byte[] CLIENT = text(Field.CLIENT);
  private static final byte[] PEER = text(Field.PEER);
  private static final byte[] SCHEME = text(Field.SCHEME);
  private static final byte[] METHOD = text(Field.METHOD);
  private static final byte[] TARGET = text(Field.TARGET);
  private static final byte[] HTTP_10 = ascii("\"version\":\"HTTP/1.0\"");
  private static final byte[] HTTP_11 = ascii("\"version\":\"HTTP/1.1\"");
  private static final byte[] HTTP_2 = ascii("\"version\":\"HTTP/2\"");
  private static final byte[] HOST = text(Field.HOST);
  private static final byte[] STATUS = bare(Field.STATUS);
  private static final byte[] ENDING = text(Field.ENDING);
  private static final byte[] REASON = text(Field.REASON);
  private static final byte[] SLOT = text(Field.SLOT);
  private static final byte[] ADDRESS = text(Field.ADDRESS);
  private static final byte[] PROTOCOL = text(Field.PROTOCOL);
  private static final byte[] WHY = text(Field.WHY);
  private static final byte[] GENERATION = bare(Field.GENERATION);
  private static final byte[] REQUEST_ID = text(Field.REQUEST_ID);
  private static final byte[] ATTEMPTS = bare(Field.ATTEMPTS);
  private static final byte[] REUSED = ascii(",\"reused\":true");
  private static final byte[] NOT_REUSED = ascii(",\"reused\":false");
  private static final byte[] REQUEST_BYTES = bare(Field.REQUEST_BYTES);
  private static final byte[] RESPONSE_BYTES = bare(Field.RESPONSE_BYTES);
  private static final byte[] BODY_BYTES = bare(Field.BODY_BYTES);
  private static final byte[] TLS_VERSION = text(Field.TLS_VERSION);
  private static final byte[] TLS_CIPHER = text(Field.TLS_CIPHER);
  private static final byte[] HEAD_MS = bare(Field.HEAD_MS);
  private static final byte[] QUEUE_MS = bare(Field.QUEUE_MS);
  private static final byte[] CONNECT_MS = bare(Field.CONNECT_MS);
  private static final byte[] FIRST_BYTE_MS = bare(Field.FIRST_BYTE_MS);
  private static final byte[] TOTAL_MS = bare(Field.TOTAL_MS);
  private static final byte[] REFERER_KEY = ascii(",\"referer\":\"");
  private static final byte[] USER_AGENT_KEY = ascii(",\"user_agent\":\"");

  /** The fields of requests that it has, in lower case. */
  static final String REFERER = "referer";

  static final String USER_AGENT = "user-agent";

  private JsonLine() {}

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] text(Field field) {
    return ascii(",\"" + field.label() + "\":\"");
  }

  private static byte[] bare(Field field) {
    return ascii(",\"" + field.label() + "\":");
  }

  /** Appends the line, without its end. */
  static void put(Entry entry, LineBuffer out, TimeText time) {
    out.put(TIME);
    time.putUtc(out, entry.beganMillis);
    out.put((byte) '"');
    plain(out, CLIENT, entry.client);
    own(out, PEER, entry.peer);
    plain(out, SCHEME, entry.scheme);
    if (entry.tls != null) {
      plain(out, TLS_VERSION, entry.tls.version());
      plain(out, TLS_CIPHER, entry.tls.cipher());
    }
    if (entry.hasHead()) {
      text(out, METHOD, entry, Text.METHOD);
      text(out, TARGET, entry, Text.TARGET);
      out.put((byte) ',');
      out.put(entry.http2 ? HTTP_2 : entry.http10 ? HTTP_10 : HTTP_11);
    }
    if (entry.end(Text.HOST) > entry.start(Text.HOST)) {
      text(out, HOST, entry, Text.HOST);
    }
    if (entry.status != 0) {
      number(out, STATUS, entry.status);
    }
    plain(out, ENDING, entry.ending);
    own(out, REASON, entry.reason);
    own(out, SLOT, entry.slot);
    own(out, ADDRESS, entry.address);
    own(out, PROTOCOL, entry.protocol);
    own(out, WHY, entry.why);
    number(out, GENERATION, entry.generation);
    if (entry.requestId != null && !entry.requestId.isEmpty()) {
      said(out, REQUEST_ID, entry.requestId);
    }
    if (entry.attempts > 0) {
      number(out, ATTEMPTS, entry.attempts);
    }
    if (entry.sentNanos != 0) {
      out.put(entry.reused ? REUSED : NOT_REUSED);
    }
    number(out, REQUEST_BYTES, entry.requestBytes);
    number(out, RESPONSE_BYTES, entry.responseBytes);
    number(out, BODY_BYTES, entry.responseBodyBytes());
    millis(out, HEAD_MS, entry.headTime());
    millis(out, QUEUE_MS, entry.queueTime());
    millis(out, CONNECT_MS, entry.connectTime());
    millis(out, FIRST_BYTE_MS, entry.firstByteTime());
    millis(out, TOTAL_MS, entry.totalTime());
    field(out, REFERER_KEY, entry, entry.field(REFERER));
    field(out, USER_AGENT_KEY, entry, entry.field(USER_AGENT));
    out.put((byte) '}');
  }

  /** A text of the program that has nothing to escape. */
  private static void plain(LineBuffer out, byte[] key, String value) {
    out.put(key);
    out.put(value);
    out.put((byte) '"');
  }

  /** A text of the configuration or of the program, or none. */
  private static void own(LineBuffer out, byte[] key, @Nullable String value) {
    if (value == null) {
      return;
    }
    if (value.indexOf('"') < 0 && value.indexOf('\\') < 0) {
      plain(out, key, value);
    } else {
      said(out, key, value);
    }
  }

  /** A text that a peer may have sent, one character per octet. */
  private static void said(LineBuffer out, byte[] key, String value) {
    byte[] octets = value.getBytes(StandardCharsets.ISO_8859_1);
    out.put(key);
    out.putJson(octets, 0, octets.length);
    out.put((byte) '"');
  }

  private static void text(LineBuffer out, byte[] key, Entry entry, int text) {
    out.put(key);
    out.putJson(entry.texts(), entry.start(text), entry.end(text));
    out.put((byte) '"');
  }

  private static void field(LineBuffer out, byte[] key, Entry entry, int text) {
    if (entry.end(text) > entry.start(text)) {
      text(out, key, entry, text);
    }
  }

  private static void number(LineBuffer out, byte[] key, long value) {
    out.put(key);
    out.put(value);
  }

  private static void millis(LineBuffer out, byte[] key, long nanos) {
    if (nanos >= 0) {
      out.put(key);
      out.putMillis(nanos);
    }
  }
}
