// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import dev.rsp.http.Octets;
import dev.rsp.http.Trailers;
import io.netty.util.AsciiString;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one HTTP/2 request, as they come out of the field block: checks what RFC 9113 §8
 * demands of them, and writes them as the head of an HTTP/1.1 request, which the strict parser of
 * HTTP/1 then reads. So every rule for a request holds for HTTP/2 as well, and what a field may not
 * contain in HTTP/1 cannot get into it.
 *
 * <p>Octets that would end a line or a part of the request line are refused here, before anything
 * is written. One per event loop, for one field block at a time.
 */
public final class RequestFields {
  private static final AsciiString METHOD = AsciiString.cached(":method");
  private static final AsciiString SCHEME = AsciiString.cached(":scheme");
  private static final AsciiString AUTHORITY = AsciiString.cached(":authority");
  private static final AsciiString PATH = AsciiString.cached(":path");
  private static final AsciiString PROTOCOL = AsciiString.cached(":protocol");
  private static final AsciiString WEBSOCKET = AsciiString.cached("websocket");
  private static final AsciiString WEBSOCKET_KEY = AsciiString.cached("sec-websocket-key");
  private static final AsciiString HOST = AsciiString.cached("host");
  private static final AsciiString COOKIE = AsciiString.cached("cookie");
  private static final AsciiString TE = AsciiString.cached("te");
  private static final AsciiString TRAILERS = AsciiString.cached("trailers");
  private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
  private static final AsciiString CONNECT = AsciiString.cached("CONNECT");
  private static final AsciiString OPTIONS = AsciiString.cached("OPTIONS");
  private static final AsciiString HEAD = AsciiString.cached("HEAD");
  private static final AsciiString HTTP = AsciiString.cached("http");
  private static final AsciiString HTTPS = AsciiString.cached("https");

  private static final byte[] LINE_OF_VERSION = FieldOctets.ascii(" HTTP/1.1\r\n");
  private static final byte[] LINE_OF_HOST = FieldOctets.ascii("host: ");
  private static final byte[] LINE_OF_COOKIE = FieldOctets.ascii("cookie: ");
  private static final byte[] CRUMBS = FieldOctets.ascii("; ");
  private static final byte[] CHUNKED = FieldOctets.ascii("transfer-encoding: chunked\r\n");

  /** RFC 6455 §4.1: what HTTP/1 says for {@code :protocol}. A key of 16 octets follows. */
  private static final byte[] LINES_OF_WEBSOCKET =
      FieldOctets.ascii("connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ");

  private static final byte[] GET = FieldOctets.ascii("GET ");
  private static final int KEY_BYTES = 16;

  private long mostBytes;
  private long listBytes;
  private boolean tooLarge;
  private @Nullable String problem;

  private @Nullable AsciiString method;
  private @Nullable AsciiString scheme;
  private @Nullable AsciiString authority;
  private @Nullable AsciiString path;
  private @Nullable AsciiString protocol;
  private @Nullable AsciiString host;
  private boolean regular;
  private boolean pseudo;
  private boolean hasLength;

  /** Fields without a pseudo-field before them; null if none. */
  private @Nullable Trailers trailers;

  private final GrowingBytes lines = new GrowingBytes();
  private final GrowingBytes cookie = new GrowingBytes();
  private final GrowingBytes head = new GrowingBytes();

  /**
   * Begins a field block.
   *
   * @param most how large the list of fields may be, by the measure of RFC 9113 §6.5.2
   */
  public void start(long most) {
    mostBytes = most;
    listBytes = 0;
    tooLarge = false;
    problem = null;
    method = null;
    scheme = null;
    authority = null;
    path = null;
    protocol = null;
    host = null;
    regular = false;
    pseudo = false;
    hasLength = false;
    trailers = null;
    lines.clear();
    cookie.clear();
    head.clear();
  }

  /** Adds the next field. What is beyond the limit, or behind a malformed field, is not kept. */
  public void add(AsciiString name, AsciiString value) {
    listBytes += (long) name.length() + value.length() + FieldOctets.OVERHEAD;
    tooLarge |= listBytes > mostBytes;
    if (problem != null || tooLarge) {
      return;
    }
    if (!FieldOctets.isValue(value)) {
      problem = "a field value with an octet that is not allowed";
    } else if (FieldOctets.isPseudo(name)) {
      problem = pseudo(name, value);
    } else {
      regular = true;
      problem = FieldOctets.isName(name) ? regular(name, value) : "a malformed field name";
    }
  }

  /** RFC 9113 §8.3. */
  private @Nullable String pseudo(AsciiString name, AsciiString value) {
    pseudo = true;
    if (regular) {
      return "a pseudo-field behind another field";
    }
    AsciiString before;
    if (name.contentEquals(METHOD)) {
      before = method;
      method = value;
    } else if (name.contentEquals(SCHEME)) {
      before = scheme;
      scheme = value;
    } else if (name.contentEquals(AUTHORITY)) {
      before = authority;
      authority = value;
    } else if (name.contentEquals(PATH)) {
      before = path;
      path = value;
    } else if (name.contentEquals(PROTOCOL)) {
      before = protocol;
      protocol = value;
    } else {
      return "an unknown pseudo-field";
    }
    return before == null ? null : "a pseudo-field twice";
  }

  private @Nullable String regular(AsciiString name, AsciiString value) {
    if (FieldOctets.isOfConnection(name)) {
      return "a field of the connection";
    }
    if (!pseudo) {
      if (trailers == null) {
        trailers = new Trailers();
      }
      trailers.add(name, value);
    }
    if (name.contentEquals(COOKIE)) {
      // RFC 9113 §8.2.3: crumbs are joined before the request leaves HTTP/2.
      if (cookie.length() > 0) {
        cookie.put(CRUMBS);
      }
      cookie.put(value);
      return null;
    }
    if (name.contentEquals(HOST)) {
      boolean second = host != null;
      host = value;
      return second ? "the Host field twice" : null;
    }
    if (name.contentEquals(TE) && !value.contentEquals(TRAILERS)) {
      return "a TE field with another value than trailers";
    }
    if (protocol != null && name.contentEquals(WEBSOCKET_KEY)) {
      return null; // rsp makes one: HTTP/2 has none (RFC 8441 §5)
    }
    hasLength |= name.contentEquals(CONTENT_LENGTH);
    lines.putField(name, value);
    return null;
  }

  /** Whether the list was larger than its limit. */
  public boolean tooLarge() {
    return tooLarge;
  }

  /** Whether this is a HEAD request, as far as is known. */
  public boolean isHead() {
    return method != null && method.contentEquals(HEAD);
  }

  /**
   * What is wrong with the fields behind the content, which must not contain pseudo-fields (RFC
   * 9113 §8.1).
   *
   * @return null if nothing is
   */
  public @Nullable String trailerProblem() {
    if (tooLarge) {
      return "trailers too large";
    }
    return problem == null && pseudo ? "a pseudo-field behind the content" : problem;
  }

  /** The fields behind the content that are passed on; null if none. They do not change. */
  public @Nullable Trailers trailers() {
    return trailers == null || trailers.isEmpty() ? null : trailers;
  }

  /**
   * Ends the field block of a request, and writes its head in the layout of HTTP/1.1.
   *
   * @param bodyFollows whether content may follow
   * @return null if the head is written; else why the request is malformed (RFC 9113 §8.1.1): its
   *     stream must be reset
   */
  public @Nullable String compose(boolean bodyFollows) {
    if (problem == null) {
      problem = problemOfRequest();
    }
    if (problem == null) {
      write(bodyFollows);
    }
    return problem;
  }

  private @Nullable String problemOfRequest() {
    if (method == null || !isToken(method)) {
      return "no valid :method";
    }
    if (authority != null && !isAuthority(authority)) {
      return "an :authority that is not a host with a port";
    }
    // RFC 9113 §8.3.1: the two must not differ.
    if (authority != null && host != null && !authority.contentEqualsIgnoreCase(host)) {
      return ":authority and Host differ";
    }
    boolean connect = method.contentEquals(CONNECT);
    if (protocol != null && (!connect || authority == null || hasLength)) {
      return ":protocol without CONNECT or :authority, or with a length"; // RFC 8441 §4
    }
    if (connect && protocol == null) {
      // RFC 9113 §8.5.
      return scheme != null || path != null || authority == null
          ? "CONNECT with :scheme or :path, or without :authority"
          : null;
    }
    if (scheme == null
        || !(scheme.contentEqualsIgnoreCase(HTTP) || scheme.contentEqualsIgnoreCase(HTTPS))) {
      return "no :scheme that is http or https";
    }
    return path == null || !isPath(path, method) ? "no valid :path" : null;
  }

  private static boolean isToken(AsciiString text) {
    int end = text.arrayOffset() + text.length();
    return !text.isEmpty() && Octets.skipToken(text.array(), text.arrayOffset(), end) == end;
  }

  /** Not what would make it a part of a path, or user information (RFC 9113 §8.3.1). */
  private static boolean isAuthority(AsciiString text) {
    for (int at = 0; at < text.length(); at++) {
      byte octet = text.byteAt(at);
      if (octet <= ' ' || "/?#@\\,".indexOf(octet) >= 0) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** RFC 9113 §8.3.1: begins with "/", or is "*" for OPTIONS; no space can end it early. */
  private static boolean isPath(AsciiString text, AsciiString method) {
    if (text.isEmpty()) {
      return false;
    }
    for (int at = 0; at < text.length(); at++) {
      byte octet = text.byteAt(at);
      // Octets above 127 are for the parser, which knows whether they are allowed.
      if (octet >= 0 && !Octets.is(Octets.TARGET, octet)) {
        return false;
      }
    }
    return text.byteAt(0) == '/'
        || (text.length() == 1 && text.byteAt(0) == '*' && method.contentEquals(OPTIONS));
  }

  /**
   * Whether this asks for a WebSocket (RFC 8441 §4): its head is then that of a request of HTTP/1
   * to change the protocol.
   */
  public boolean isWebSocket() {
    return protocol != null && protocol.contentEqualsIgnoreCase(WEBSOCKET);
  }

  private void write(boolean bodyFollows) {
    if (isWebSocket()) {
      head.put(GET);
    } else {
      head.put(or(method));
      head.put(LINE_OF_VERSION, 0, 1);
    }
    head.put(or(path == null ? authority : path));
    head.put(LINE_OF_VERSION);
    AsciiString named = authority == null ? host : authority;
    if (named != null) {
      head.put(LINE_OF_HOST);
      head.put(named);
      head.put(FieldOctets.CRLF);
    }
    if (isWebSocket()) {
      head.put(LINES_OF_WEBSOCKET);
      head.put(key());
      head.put(FieldOctets.CRLF);
    } else if (bodyFollows && !hasLength) {
      head.put(CHUNKED);
    }
    head.put(lines);
    if (cookie.length() > 0) {
      head.put(LINE_OF_COOKIE);
      head.put(cookie);
      head.put(FieldOctets.CRLF);
    }
    head.put(FieldOctets.CRLF);
  }

  /** RFC 6455 §4.1: chosen for each connection. It is no secret. */
  private static byte[] key() {
    byte[] key = new byte[KEY_BYTES];
    ThreadLocalRandom.current().nextBytes(key);
    return Base64.getEncoder().encode(key);
  }

  private static AsciiString or(@Nullable AsciiString text) {
    return Objects.requireNonNull(text);
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
