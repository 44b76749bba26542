// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A request line and its fields. See {@link Head} for how it is filled, and how long it is valid.
 */
public final class RequestHead extends Head {
  /** RFC 3986 §2.1: upper case is recommended. */
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  /** In the order of {@link Method}. */
  private static final byte[][] METHODS = {
    ascii("GET"),
    ascii("HEAD"),
    ascii("OPTIONS"),
    ascii("PUT"),
    ascii("DELETE"),
    ascii("TRACE"),
    ascii("POST"),
    ascii("CONNECT"),
  };

  private static final Method[] METHOD_VALUES = Method.values();

  int targetStart;
  int targetEnd;
  int pathStart;
  int hostStart;
  int hostEnd;

  /** The canonical host; see {@link HostName}. */
  final byte[] host = new byte[HostName.MAX_LENGTH];

  int hostLength;
  Method method = Method.OTHER;
  boolean expectContinue;

  /** The protocols that the client may upgrade to; null if there are none. */
  @Nullable String offer;

  boolean absoluteForm;

  /** The Max-Forwards of an OPTIONS request, or -1. */
  int maxForwards;

  /** Octets of an encoded octet: RFC 3986 §2.1. */
  public static final int ENCODED_BYTES = 3;

  private int methodStart;
  private int methodEnd;

  /** Octets of the target that are not ASCII. */
  private int rawOctets;

  /** The methods that rsp treats in a special way. */
  public enum Method {
    GET(true),
    HEAD(true),
    OPTIONS(true),
    PUT(true),
    DELETE(true),
    TRACE(true),
    POST(false),
    CONNECT(false),
    OTHER(false);

    /** RFC 9110 §9.2.2: sending it twice has the effect of sending it once. */
    private final boolean idempotent;

    Method(boolean idempotent) {
      this.idempotent = idempotent;
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  void clear() {
    super.clear();
    methodStart = 0;
    methodEnd = 0;
    rawOctets = 0;
    targetStart = 0;
    targetEnd = 0;
    pathStart = 0;
    hostStart = 0;
    hostEnd = 0;
    hostLength = 0;
    method = Method.OTHER;
    expectContinue = false;
    offer = null;
    absoluteForm = false;
    maxForwards = -1;
  }

  /**
   * Records the method, as soon as it is read: what follows may be malformed, and the answer to a
   * HEAD request must have no body even then.
   */
  public void recordMethod(int methodStart, int methodEnd) {
    this.methodStart = methodStart;
    this.methodEnd = methodEnd;
    method = methodIn(bytes, methodStart, methodEnd);
  }

  /** Records how many octets of the target are not ASCII: they are forwarded percent-encoded. */
  public void recordRawOctets(int count) {
    rawOctets = count;
  }

  /**
   * Records the rest of the request line.
   *
   * @param targetStart where the target starts: one space after the method
   * @param targetEnd where the target ends
   * @param lineEnd where the first field line starts
   * @param http10 whether the client uses HTTP/1.0
   */
  public void startLine(int targetStart, int targetEnd, int lineEnd, boolean http10) {
    this.targetStart = targetStart;
    this.targetEnd = targetEnd;
    endStartLine(lineEnd, http10);
  }

  private static Method methodIn(byte[] bytes, int start, int end) {
    for (int i = 0; i < METHODS.length; i++) {
      byte[] name = METHODS[i];
      if (end - start == name.length && startsWith(bytes, start, name)) {
        return METHOD_VALUES[i];
      }
    }
    return Method.OTHER;
  }

  private static boolean startsWith(byte[] bytes, int start, byte[] name) {
    for (int i = 0; i < name.length; i++) {
      if (bytes[start + i] != name[i]) {
        return false;
      }
    }
    return true;
  }

  /** How many octets of the target are not ASCII, and must be percent-encoded to be forwarded. */
  public int rawOctets() {
    return rawOctets;
  }

  /** Where the method starts: after the empty lines that may come before a request. */
  public int methodStart() {
    return methodStart;
  }

  /** Where the method ends; one space follows. */
  public int methodEnd() {
    return methodEnd;
  }

  /** Where the target starts. */
  public int targetStart() {
    return targetStart;
  }

  /** Where the target ends. */
  public int targetEnd() {
    return targetEnd;
  }

  /**
   * Where the path starts in the target: after the authority if the target is in absolute-form. It
   * is {@link #targetEnd()} if the target has neither path nor query.
   */
  public int pathStart() {
    return pathStart;
  }

  /**
   * Whether the target is in absolute-form. Its host then takes precedence over the Host field (RFC
   * 9112 §3.2.2).
   */
  public boolean absoluteForm() {
    return absoluteForm;
  }

  /** Whether the client named a host. Only an HTTP/1.0 client may omit it. */
  public boolean namesHost() {
    return hostStart < hostEnd;
  }

  /** Where the host with its port starts, as the client wrote it. Only if it named one. */
  public int hostStart() {
    return hostStart;
  }

  /** Where the host with its port ends. Only if the client named one. */
  public int hostEnd() {
    return hostEnd;
  }

  /**
   * Whether this is a HEAD request, whose response has no body. Also for a refused head, if its
   * method was read.
   */
  public boolean isHead() {
    return method == Method.HEAD;
  }

  /** Whether the method is GET. */
  public boolean isGet() {
    return method == Method.GET;
  }

  /** Whether the method is idempotent (RFC 9110 §9.2.2), so that the request may be sent twice. */
  public boolean idempotent() {
    return method.idempotent;
  }

  /** Whether a body follows the head. */
  public boolean hasBody() {
    return chunked || contentLength > 0;
  }

  /** Whether the client lets the connection persist after this request. */
  public boolean keepAlive() {
    return http10 ? connectionKeepAlive && !connectionClose : !connectionClose;
  }

  /** Whether the client waits for 100 (Continue) before it sends the body. */
  public boolean expectContinue() {
    return expectContinue;
  }

  /** Whether the client asks for an upgrade that is allowed. */
  public boolean upgrade() {
    return offer != null;
  }

  /** The protocols that the client offers to upgrade to and that are allowed; null if none. */
  public @Nullable String offer() {
    return offer;
  }

  /** The Max-Forwards of an OPTIONS request, or -1 if it has none or the method is another. */
  public int maxForwards() {
    return maxForwards;
  }

  /** The bytes of the canonical host, from 0 to {@link #hostLength()}. Read-only. */
  public byte[] hostBytes() {
    return host;
  }

  /** Bytes of the canonical host; 0 if the request has none. */
  public int hostLength() {
    return hostLength;
  }

  /** The canonical host: lower case, no port, no trailing dot. */
  public String host() {
    return new String(host, 0, hostLength, StandardCharsets.US_ASCII);
  }

  /** The method as the client wrote it. */
  public String methodText() {
    return text(methodStart, methodEnd);
  }

  /** Whether rsp answers this OPTIONS request itself: Max-Forwards is 0 (RFC 9110 §7.6.2). */
  public boolean endsHere() {
    return maxForwards == 0;
  }

  /**
   * The path as the client wrote it, up to the question mark, with octets percent-encoded that are
   * not ASCII; {@code *} for OPTIONS of a host.
   */
  public String path() {
    int end = queryMark();
    return pathStart == end ? emptyPath() : encoded(pathStart, end);
  }

  /** The path and the query in the same form, with the question mark, as in the target. */
  public String pathAndQuery() {
    String path = path();
    int mark = queryMark();
    return mark == targetEnd ? path : path + encoded(mark, targetEnd);
  }

  /** A range of the target as it is forwarded. */
  private String encoded(int start, int end) {
    if (rawOctets == 0) {
      return text(start, end);
    }
    StringBuilder encoded = new StringBuilder();
    for (int at = start; at < end; at++) {
      if (bytes[at] < 0) {
        encoded.append('%').append(HEX.toHexDigits(bytes[at]));
      } else {
        encoded.append((char) bytes[at]);
      }
    }
    return encoded.toString();
  }

  /**
   * The path that replaces an empty path of a target in absolute-form: RFC 9112 §3.2.1 and §3.2.4,
   * "/", or "*" for OPTIONS without a query.
   */
  public String emptyPath() {
    return method == Method.OPTIONS && pathStart == targetEnd ? "*" : "/";
  }

  /** What follows the question mark, in the form of {@link #path}, or the empty string. */
  public String query() {
    int mark = queryMark();
    return mark == targetEnd ? "" : encoded(mark + 1, targetEnd);
  }

  private int queryMark() {
    int at = pathStart;
    while (at < targetEnd && bytes[at] != '?') {
      at++;
    }
    return at;
  }

  /**
   * Sets the host of a request that names none (HTTP/1.0 only).
   *
   * @param canonical a canonical host, at most {@value HostName#MAX_LENGTH} bytes; it is copied
   */
  public void assumeHost(byte[] canonical) {
    System.arraycopy(canonical, 0, host, 0, canonical.length);
    hostLength = canonical.length;
  }

  /**
   * Whether the host is one of {@link #assumeHost}. It is not in the bytes of the head: a caller
   * that parses a copy must set it again.
   */
  public boolean hostAssumed() {
    return hostLength > 0 && !namesHost();
  }

  /**
   * Appends the bytes of the head, from 0 to {@link #length()}, as the client sent them. A parser
   * with the same limits and options makes the same head of them. Only after {@link Parsed#DONE}.
   *
   * @param out grows as needed; still owned by the caller
   */
  public void copyTo(ByteBuf out) {
    out.writeBytes(bytes, 0, length());
  }
}
