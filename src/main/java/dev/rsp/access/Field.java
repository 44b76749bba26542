// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import dev.rsp.access.Entry.Text;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a line can say: each has its name in JSON and, after a dollar sign, in patterns. The
 * documentation of {@code access_log} lists them.
 */
enum Field {
  /** When the first octet of the request came, in UTC (RFC 3339). */
  TIME,
  /** The same in local time, as Apache and nginx write it. */
  TIME_LOCAL,
  CLIENT,
  /** The proxy that has sent the request. */
  PEER,
  SCHEME,
  TLS_VERSION,
  TLS_CIPHER,
  METHOD,
  TARGET,
  /** The target without its query, which may contain secrets. */
  PATH,
  VERSION,
  HOST,
  STATUS,
  ENDING,
  /** Why the proxy itself answered. */
  REASON,
  SLOT,
  ADDRESS,
  PROTOCOL,
  WHY,
  /** The number of the configuration that routed it, or that was in force when it came. */
  GENERATION,
  REQUEST_ID,
  ATTEMPTS,
  REUSED,
  REQUEST_BYTES,
  RESPONSE_BYTES,
  BODY_BYTES,
  HEAD_MS,
  QUEUE_MS,
  CONNECT_MS,
  FIRST_BYTE_MS,
  TOTAL_MS;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** Its name in JSON and in patterns. */
  String label() {
    return label;
  }

  /** The field of that name; null if there is none. */
  static @Nullable Field of(String label) {
    for (Field field : values()) {
      if (field.label.equals(label)) {
        return field;
      }
    }
    return null;
  }

  /** How a text of a client is made harmless. */
  interface Escape {
    void put(LineBuffer out, byte[] octets, int start, int end);
  }

  /** Whether the entry has a value for it. */
  boolean isPresent(Entry entry) {
    return switch (this) {
      case TLS_VERSION, TLS_CIPHER -> entry.tls != null;
      case METHOD, TARGET, PATH, VERSION -> entry.hasHead();
      case HOST -> entry.end(Text.HOST) > entry.start(Text.HOST);
      case PEER -> entry.peer != null;
      case STATUS -> entry.status != 0;
      case REASON -> entry.reason != null;
      case SLOT -> entry.slot != null;
      case ADDRESS, PROTOCOL -> entry.address != null;
      case WHY -> entry.why != null;
      case REQUEST_ID -> entry.requestId != null && !entry.requestId.isEmpty();
      case ATTEMPTS -> entry.attempts > 0;
      case REUSED -> entry.sentNanos != 0;
      case HEAD_MS -> entry.headTime() >= 0;
      case QUEUE_MS -> entry.queueTime() >= 0;
      case CONNECT_MS -> entry.connectTime() >= 0;
      case FIRST_BYTE_MS -> entry.firstByteTime() >= 0;
      case TIME,
          TIME_LOCAL,
          CLIENT,
          SCHEME,
          ENDING,
          GENERATION,
          REQUEST_BYTES,
          RESPONSE_BYTES,
          BODY_BYTES,
          TOTAL_MS ->
          true;
    };
  }

  /** Appends the value of an entry that has one. */
  void put(Entry entry, LineBuffer out, TimeText time, Escape escape) {
    switch (this) {
      case TIME -> time.putUtc(out, entry.beganMillis);
      case TIME_LOCAL -> time.putLocal(out, entry.beganMillis);
      case CLIENT -> out.put(entry.client);
      case PEER -> own(entry.peer, out, escape);
      case SCHEME -> out.put(entry.scheme);
      case TLS_VERSION -> own(entry.tls == null ? null : entry.tls.version(), out, escape);
      case TLS_CIPHER -> own(entry.tls == null ? null : entry.tls.cipher(), out, escape);
      case METHOD -> text(entry, Text.METHOD, out, escape);
      case TARGET -> text(entry, Text.TARGET, out, escape);
      case PATH -> escape.put(out, entry.texts(), entry.start(Text.TARGET), entry.pathEnd());
      case VERSION -> out.put(entry.version());
      case HOST -> text(entry, Text.HOST, out, escape);
      case STATUS -> out.put(entry.status);
      case ENDING -> out.put(entry.ending);
      case REASON -> own(entry.reason, out, escape);
      case SLOT -> own(entry.slot, out, escape);
      case ADDRESS -> own(entry.address, out, escape);
      case PROTOCOL -> own(entry.protocol, out, escape);
      case WHY -> own(entry.why, out, escape);
      case GENERATION -> out.put(entry.generation);
      case REQUEST_ID -> said(entry.requestId, out, escape);
      case ATTEMPTS -> out.put(entry.attempts);
      case REUSED -> out.put(entry.reused ? "true" : "false");
      case REQUEST_BYTES -> out.put(entry.requestBytes);
      case RESPONSE_BYTES -> out.put(entry.responseBytes);
      case BODY_BYTES -> out.put(entry.responseBodyBytes());
      case HEAD_MS -> out.putMillis(entry.headTime());
      case QUEUE_MS -> out.putMillis(entry.queueTime());
      case CONNECT_MS -> out.putMillis(entry.connectTime());
      case FIRST_BYTE_MS -> out.putMillis(entry.firstByteTime());
      case TOTAL_MS -> out.putMillis(entry.totalTime());
    }
  }

  private static void text(Entry entry, int text, LineBuffer out, Escape escape) {
    escape.put(out, entry.texts(), entry.start(text), entry.end(text));
  }

  /** A text of the configuration or of the program: visible ASCII, but it may have a quote. */
  private static void own(@Nullable String text, LineBuffer out, Escape escape) {
    if (text == null) {
      return;
    }
    if (text.indexOf('"') < 0 && text.indexOf('\\') < 0) {
      out.put(text);
    } else {
      said(text, out, escape);
    }
  }

  /** A text that a peer may have sent, one character per octet. */
  private static void said(@Nullable String text, LineBuffer out, Escape escape) {
    if (text != null) {
      byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
      escape.put(out, octets, 0, octets.length);
    }
  }
}
