// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A request line and its fields. See {@link Head} for how long it is valid. */
public final class RequestHead extends Head {
  /** After the empty lines that may stand before a request. */
  int methodStart;

  int methodEnd;
  int targetStart;
  int targetEnd;

  /** Where the path starts: after the authority of a target in absolute-form. */
  int pathStart;

  /** The range of the host with its port, as the client wrote it; empty if it named none. */
  int hostStart;

  int hostEnd;

  /** The canonical host; see {@link HostName}. */
  final byte[] host = new byte[HostName.MAX_LENGTH];

  int hostLength;
  Method method = Method.OTHER;
  boolean expectContinue;

  /** The protocols that the client would change to and may; null if there are none. */
  @Nullable String offer;

  /** RFC 9112 §3.2.2: the target names the host itself, and that one counts. */
  boolean absoluteForm;

  /** The Max-Forwards of an OPTIONS request, or -1. */
  int maxForwards;

  /** What rsp itself must know about a method. */
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

  @Override
  void clear() {
    super.clear();
    methodStart = 0;
    methodEnd = 0;
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
   * Whether this is a HEAD request, whose response has no body. Also of a head that was refused, if
   * its method could be read.
   */
  public boolean isHead() {
    return method == Method.HEAD;
  }

  /** Whether the method may be sent twice (RFC 9110 §9.2.2). */
  public boolean idempotent() {
    return method.idempotent;
  }

  /** Whether a body follows the head. */
  public boolean hasBody() {
    return chunked || contentLength > 0;
  }

  /** Whether the client takes another request's answer on the same connection. */
  public boolean keepAlive() {
    return http10 ? connectionKeepAlive && !connectionClose : !connectionClose;
  }

  /** Whether the client waits for 100 (Continue) before it sends the body. */
  public boolean expectContinue() {
    return expectContinue;
  }

  /** Whether the client asks for another protocol, and may have it. */
  public boolean upgrade() {
    return offer != null;
  }

  /** The protocols that the client offers to change to, and that it may have; null if none. */
  public @Nullable String offer() {
    return offer;
  }

  /** The bytes of the canonical host, from 0 to {@link #hostLength()}. Not to be changed. */
  public byte[] hostBytes() {
    return host;
  }

  /** Bytes of the canonical host; 0 if the request names none. */
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

  /** Whether this is an OPTIONS request that goes no further than here (RFC 9110 §7.6.2). */
  public boolean endsHere() {
    return maxForwards == 0;
  }

  /** The path as the client wrote it, up to the question mark; {@code *} for OPTIONS of a host. */
  public String path() {
    int end = queryMark();
    return pathStart == end ? emptyPath() : text(pathStart, end);
  }

  /**
   * What stands for the path that a target in absolute-form leaves out: RFC 9112 §3.2.1 and §3.2.4,
   * "/", or "*" for OPTIONS without a query.
   */
  String emptyPath() {
    return method == Method.OPTIONS && pathStart == targetEnd ? "*" : "/";
  }

  /** What follows the question mark, or the empty string. */
  public String query() {
    int mark = queryMark();
    return mark == targetEnd ? "" : text(mark + 1, targetEnd);
  }

  private int queryMark() {
    int at = pathStart;
    while (at < targetEnd && bytes[at] != '?') {
      at++;
    }
    return at;
  }

  /** Gives the request a host that it did not name (HTTP/1.0 only). */
  public void assumeHost(byte[] canonical) {
    System.arraycopy(canonical, 0, host, 0, canonical.length);
    hostLength = canonical.length;
  }
}
