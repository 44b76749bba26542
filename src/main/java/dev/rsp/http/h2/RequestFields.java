// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import dev.rsp.http.Octets;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
  /** RFC 9113 §6.5.2: each field counts as its octets and so many more. */
  private static final int FIELD_OVERHEAD = 32;

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

  /** RFC 9113 §8.2.2. */
  private static final AsciiString[] OF_CONNECTIONS = {
    AsciiString.cached("connection"),
    AsciiString.cached("proxy-connection"),
    AsciiString.cached("keep-alive"),
    AsciiString.cached("transfer-encoding"),
    AsciiString.cached("upgrade"),
  };

  private static final byte[] LINE_OF_VERSION = ascii(" HTTP/1.1\r\n");
  private static final byte[] LINE_OF_HOST = ascii("host: ");
  private static final byte[] LINE_OF_COOKIE = ascii("cookie: ");
  private static final byte[] CRUMBS = ascii("; ");
  private static final byte[] CHUNKED = ascii("transfer-encoding: chunked\r\n");
  private static final byte[] CRLF = ascii("\r\n");

  /** RFC 6455 §4.1: what HTTP/1 says for {@code :protocol}. A key of 16 octets follows. */
  private static final byte[] LINES_OF_WEBSOCKET =
      ascii("connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ");

  private static final byte[] GET = ascii("GET ");
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

  private final Bytes lines = new Bytes();
  private final Bytes cookie = new Bytes();
  private final Bytes head = new Bytes();

  /** Bytes that grow. */
  private static final class Bytes {
    private byte[] bytes = new byte[1024];
    private int length;

    void put(byte[] from, int start, int count) {
      if (bytes.length - length < count) {
        bytes = Arrays.copyOf(bytes, Math.max(length + count, bytes.length * 2));
      }
      System.arraycopy(from, start, bytes, length, count);
      length += count;
    }

    void put(byte[] from) {
      put(from, 0, from.length);
    }

    void put(AsciiString text) {
      put(text.array(), text.arrayOffset(), text.length());
    }

    void put(Bytes other) {
      put(other.bytes, 0, other.length);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

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
    lines.length = 0;
    cookie.length = 0;
    head.length = 0;
  }

  /** Adds the next field. What is beyond the limit, or behind a malformed field, is not kept. */
  public void add(AsciiString name, AsciiString value) {
    listBytes += (long) name.length() + value.length() + FIELD_OVERHEAD;
    tooLarge |= listBytes > mostBytes;
    if (problem != null || tooLarge) {
      return;
    }
    if (!isValue(value)) {
      problem = "a field value with an octet that is not allowed";
    } else if (!name.isEmpty() && name.byteAt(0) == ':') {
      problem = pseudo(name, value);
    } else {
      regular = true;
      problem = isName(name) ? regular(name, value) : "a malformed field name";
    }
  }

  /** RFC 9113 §8.2.1: a token without upper case; no colon, so none that hides another field. */
  private static boolean isName(AsciiString name) {
    byte[] bytes = name.array();
    int end = name.arrayOffset() + name.length();
    for (int at = name.arrayOffset(); at < end; at++) {
      if (!Octets.is(Octets.TOKEN, bytes[at]) || bytes[at] != Octets.lower(bytes[at])) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** RFC 9113 §8.2.1, and no other control either; no white space around it. */
  private static boolean isValue(AsciiString value) {
    byte[] bytes = value.array();
    int start = value.arrayOffset();
    int end = start + value.length();
    return start == end
        || (Octets.skipValue(bytes, start, end) == end
            && !Octets.blank(bytes[start])
            && !Octets.blank(bytes[end - 1]));
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
    for (AsciiString ofConnections : OF_CONNECTIONS) {
      if (name.contentEquals(ofConnections)) {
        return "a field of the connection";
      }
    }
    if (name.contentEquals(COOKIE)) {
      // RFC 9113 §8.2.3: crumbs are joined before the request leaves HTTP/2.
      if (cookie.length > 0) {
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
    lines.put(name);
    lines.put(LINE_OF_HOST, 4, 2);
    lines.put(value);
    lines.put(CRLF);
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
    return problem == null && pseudo ? "a pseudo-field behind the content" : problem;
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
      head.put(CRLF);
    }
    if (isWebSocket()) {
      head.put(LINES_OF_WEBSOCKET);
      head.put(key());
      head.put(CRLF);
    } else if (bodyFollows && !hasLength) {
      head.put(CHUNKED);
    }
    head.put(lines);
    if (cookie.length > 0) {
      head.put(LINE_OF_COOKIE);
      head.put(cookie);
      head.put(CRLF);
    }
    head.put(CRLF);
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
    return head.bytes;
  }

  /** Octets of the head. */
  public int length() {
    return head.length;
  }
}
