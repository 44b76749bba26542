// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import dev.rsp.http.Trailers;
import io.netty.util.AsciiString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one HTTP/2 response of a backend, or those behind its content, as they come out of
 * the field block: checks what RFC 9113 §8 demands of them, and writes them as the head of an
 * HTTP/1.1 response, which the strict parser of HTTP/1 then reads. So every rule for a response
 * holds for HTTP/2 as well, and no octet of a field can become structure of HTTP/1.
 *
 * <p>One per event loop, for one field block at a time.
 */
public final class BackendResponseFields {
  private static final AsciiString STATUS = AsciiString.cached(":status");
  private static final byte[] VERSION = FieldOctets.ascii("HTTP/1.1 ");

  /** RFC 9112 §4: a space behind the status also where there is no reason, as in HTTP/2. */
  private static final byte[] NO_REASON = FieldOctets.ascii(" \r\n");

  /** What 2xx is for an extended CONNECT: RFC 8441 §5. */
  private static final byte[] TUNNEL =
      FieldOctets.ascii(
          "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
              + "sec-websocket-accept: ");

  private static final AsciiString WEBSOCKET_ACCEPT = AsciiString.cached("sec-websocket-accept");

  /** RFC 6455 §1.3. */
  private static final String WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  /** RFC 9113 §8.6. */
  private static final AsciiString SWITCHING = AsciiString.cached("101");

  private static final int DIGITS = 3;

  private long mostBytes;
  private long listBytes;
  private @Nullable String problem;
  private @Nullable AsciiString status;
  private boolean pseudo;
  private boolean regular;

  /** Fields without a pseudo-field before them; null if none. */
  private @Nullable Trailers trailers;

  private final GrowingBytes lines = new GrowingBytes();
  private final GrowingBytes head = new GrowingBytes();

  /**
   * Begins a field block.
   *
   * @param most how large the list of fields may be, by the measure of RFC 9113 §6.5.2
   */
  public void start(long most) {
    mostBytes = most;
    listBytes = 0;
    problem = null;
    status = null;
    pseudo = false;
    regular = false;
    trailers = null;
    lines.clear();
    head.clear();
  }

  /** Adds the next field. What is beyond the limit, or behind a malformed field, is not kept. */
  public void add(AsciiString name, AsciiString value) {
    listBytes += (long) name.length() + value.length() + FieldOctets.OVERHEAD;
    if (problem != null) {
      return;
    }
    if (listBytes > mostBytes) {
      problem = "response head too large";
    } else if (!FieldOctets.isValue(value)) {
      problem = "a field value with an octet that is not allowed";
    } else if (FieldOctets.isPseudo(name)) {
      problem = pseudo(name, value);
    } else {
      problem = regular(name, value);
    }
  }

  /** RFC 9113 §8.3.2. */
  private @Nullable String pseudo(AsciiString name, AsciiString value) {
    pseudo = true;
    if (regular) {
      return "a pseudo-field behind another field";
    }
    if (!name.contentEquals(STATUS)) {
      return "an unknown pseudo-field";
    }
    if (status != null) {
      return ":status twice";
    }
    status = value;
    return isStatus(value) ? null : "no valid :status";
  }

  private static boolean isStatus(AsciiString value) {
    for (int at = 0; at < value.length(); at++) {
      if (value.byteAt(at) < '0' || value.byteAt(at) > '9') {
        return false;
      }
    }
    return value.length() == DIGITS && value.byteAt(0) != '0';
  }

  private @Nullable String regular(AsciiString name, AsciiString value) {
    regular = true;
    if (!FieldOctets.isName(name)) {
      return "a malformed field name";
    }
    if (FieldOctets.isOfConnection(name)) {
      return "a field of the connection";
    }
    if (pseudo) {
      // RFC 8441 §5: HTTP/2 has no such field, and rsp says it to clients of HTTP/1.
      if (!name.contentEquals(WEBSOCKET_ACCEPT)) {
        lines.putField(name, value);
      }
      return null;
    }
    if (trailers == null) {
      trailers = new Trailers();
    }
    trailers.add(name, value);
    return null;
  }

  /**
   * Ends the field block behind the content.
   *
   * @return null if it is well formed; else why the response is malformed (RFC 9113 §8.1)
   */
  public @Nullable String trailerProblem() {
    return problem == null && pseudo ? "a pseudo-field behind the content" : problem;
  }

  /** The fields behind the content that are passed on; null if none. They do not change. */
  public @Nullable Trailers trailers() {
    return trailers == null || trailers.isEmpty() ? null : trailers;
  }

  /**
   * Ends the field block of a head, and writes it in the layout of HTTP/1.1.
   *
   * @return null if the head is written; else why the response is malformed (RFC 9113 §8.1.1)
   */
  public @Nullable String compose() {
    AsciiString code = status;
    if (problem != null) {
      return problem;
    }
    if (code == null) {
      return "no :status";
    }
    if (code.contentEquals(SWITCHING)) {
      return "101, which HTTP/2 does not have";
    }
    head.put(VERSION);
    head.put(code);
    head.put(NO_REASON);
    head.put(lines);
    head.put(FieldOctets.CRLF);
    return null;
  }

  /** Whether an extended CONNECT has made a tunnel, as far as the fields are well formed. */
  public boolean isSuccess() {
    return problem == null && status != null && status.byteAt(0) == '2';
  }

  /**
   * Ends the field block of the answer to an extended CONNECT that {@link #isSuccess}, and writes
   * it as the 101 that it is in HTTP/1.1.
   *
   * @param key the client's Sec-WebSocket-Key
   */
  public void composeTunnel(String key) {
    head.put(TUNNEL);
    head.put(accept(key));
    head.put(FieldOctets.CRLF);
    head.put(lines);
    head.put(FieldOctets.CRLF);
  }

  /** RFC 6455 §4.2.2: what tells a client that its peer has read its key. */
  private static byte[] accept(String key) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      return Base64.getEncoder().encode(digest.digest(FieldOctets.ascii(key + WEBSOCKET_GUID)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // each Java has it
    }
  }

  /** The head, from 0 to {@link #length()}, after {@link #compose}. Valid until the next start. */
  public byte[] bytes() {
    return head.bytes();
  }

  /** Octets of the head. */
  public int length() {
    return head.length();
  }
}
