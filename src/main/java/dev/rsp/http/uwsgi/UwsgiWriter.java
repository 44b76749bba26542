// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.uwsgi;

import dev.rsp.http.FieldName;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import org.jspecify.annotations.Nullable;

/**
 * Writes a request head in the uwsgi protocol: a packet of variables, like those of CGI (RFC 3875).
 * The body follows the packet without framing.
 *
 * <p>The response to it is HTTP. One per event loop; what it wrote is in {@link #bytes()} until the
 * next call.
 */
public final class UwsgiWriter {
  private static final Refusal TOO_LARGE =
      new Refusal(431, "the request head is too large for the uwsgi protocol");
  private static final Refusal NUL_IN_PATH = new Refusal(400, "NUL in the path");

  private final UwsgiPacket packet = new UwsgiPacket();

  /** The bytes last written, from 0 to {@link #length()}. Valid until the next call. */
  public byte[] bytes() {
    return packet.bytes();
  }

  /** How many bytes were last written. */
  public int length() {
    return packet.length();
  }

  /**
   * Writes the packet for a request.
   *
   * @param contentLength bytes of the body that follows; the protocol has no chunks
   * @param hop what this hop adds to the request
   * @param viaName the name of this proxy in Via
   * @param trustClient whether the X-Forwarded and Forwarded fields of the client are forwarded,
   *     before those of rsp
   * @return null if the packet is written; else why the request cannot be sent in this protocol
   */
  public @Nullable Refusal request(
      RequestHead head, long contentLength, Hop hop, String viaName, boolean trustClient) {
    packet.start();
    packet.variable("REQUEST_METHOD", head.methodText());
    String path = head.path();
    String query = head.query();
    String target = head.text(head.pathStart(), head.targetEnd());
    packet.variable("REQUEST_URI", target.startsWith(path) ? target : path + target);
    if (!pathInfo(path)) {
      return NUL_IN_PATH;
    }
    packet.variable("QUERY_STRING", query);
    // RFC 3875 §4.1.2: only if there is a body.
    boolean hasBody = contentLength > 0 || head.chunked();
    packet.variable("CONTENT_LENGTH", hasBody ? Long.toString(contentLength) : "");
    packet.variable("CONTENT_TYPE", or(head.field("content-type"), ""));
    packet.variable("SERVER_PROTOCOL", head.http10() ? "HTTP/1.0" : "HTTP/1.1");
    packet.variable("REQUEST_SCHEME", hop.scheme());
    if (hop.scheme().equals("https")) {
      packet.variable("HTTPS", "on");
    }
    packet.variable("SERVER_NAME", head.host());
    packet.variable("SERVER_PORT", Integer.toString(hop.serverPort()));
    packet.variable("REMOTE_ADDR", hop.client());
    packet.variable("REMOTE_PORT", Integer.toString(hop.clientPort()));
    String host = head.namesHost() ? head.text(head.hostStart(), head.hostEnd()) : head.host();
    packet.variable("HTTP_HOST", host);
    forwarded("HTTP_VIA", head, FieldName.VIA, hop.via(head.http10(), viaName));
    if (trustClient) {
      forwarded("HTTP_X_FORWARDED_FOR", head, FieldName.X_FORWARDED_FOR, hop.client());
      forwarded("HTTP_X_FORWARDED_PROTO", head, FieldName.X_FORWARDED_PROTO, hop.scheme());
      forwarded("HTTP_X_FORWARDED_HOST", head, FieldName.X_FORWARDED_HOST, host);
      forwarded("HTTP_FORWARDED", head, FieldName.FORWARDED, "");
    } else {
      packet.variable("HTTP_X_FORWARDED_FOR", hop.client());
      packet.variable("HTTP_X_FORWARDED_PROTO", hop.scheme());
      packet.variable("HTTP_X_FORWARDED_HOST", host);
    }
    UwsgiFields.add(head, packet);
    return packet.finish() ? null : TOO_LARGE;
  }

  private static String or(@Nullable String text, String otherwise) {
    return text == null ? otherwise : text;
  }

  /** The decoded path (RFC 3875 §4.1.5), as in WSGI and nginx; false if it contains a NUL. */
  private boolean pathInfo(String path) {
    packet.startVariable("PATH_INFO");
    for (int i = 0; i < path.length(); i++) {
      int octet = path.charAt(i);
      if (octet == '%' && i + 2 < path.length()) {
        int high = Character.digit(path.charAt(i + 1), 16);
        int low = Character.digit(path.charAt(i + 2), 16);
        if (high >= 0 && low >= 0) {
          octet = high << 4 | low;
          i += 2;
        }
      }
      if (octet == 0) {
        return false;
      }
      packet.put((byte) octet);
    }
    packet.endVariable();
    return true;
  }

  /** A list of the values of the fields of that name, and of the value that this hop adds. */
  private void forwarded(String variable, RequestHead head, int name, String ours) {
    packet.startVariable(variable);
    for (int field = 0; field < head.fieldCount(); field++) {
      if (head.name(field) == name) {
        packet.separate(", ");
        packet.put(head.bytes(), head.valueStart(field), head.valueEnd(field));
      }
    }
    if (!ours.isEmpty()) {
      packet.separate(", ");
      packet.put(ours);
    }
    packet.endVariable();
  }
}
