// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes a request head as the uwsgi protocol has it: a packet of variables, as of CGI (RFC 3875),
 * that the body follows as it is.
 *
 * <p>The response to it is HTTP. One per event loop; what it wrote stands in {@link #bytes()} until
 * the next call.
 */
public final class UwsgiWriter {
  private static final Refusal TOO_LARGE =
      new Refusal(431, "the request head is too large for the uwsgi protocol");
  private static final Refusal NUL_IN_PATH = new Refusal(400, "NUL in the path");

  private static final byte[] CONTENT_LENGTH = ascii("CONTENT_LENGTH");

  /** Of that variable, with its two sizes and any long. */
  private static final int MAX_LENGTH_BYTES = 2 + 14 + 2 + 19;

  private final UwsgiPacket packet = new UwsgiPacket();

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The bytes last written, from 0 to {@link #length()}. Not to be kept. */
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
   * @param contentLength bytes of the body that will follow; the protocol has no chunks. -1 if it
   *     is not known yet: {@link #addLength} then adds it
   * @param hop what this hop adds to the request
   * @param trustClient whether what the client says of the hops before it is passed before ours
   * @return null if it is written; else why such a request cannot be sent in this protocol
   */
  public @Nullable Refusal request(
      RequestHead head, long contentLength, Hop hop, boolean trustClient) {
    packet.start();
    packet.variable("REQUEST_METHOD", head.methodText());
    String path = head.path();
    String query = head.query();
    String target = head.text(head.pathStart, head.targetEnd);
    packet.variable("REQUEST_URI", target.startsWith(path) ? target : path + target);
    if (!pathInfo(path)) {
      return NUL_IN_PATH;
    }
    packet.variable("QUERY_STRING", query);
    // RFC 3875 §4.1.2: only if there is a body.
    if (contentLength >= 0) {
      packet.variable("CONTENT_LENGTH", contentLength > 0 ? Long.toString(contentLength) : "");
    }
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
    String host =
        head.hostStart < head.hostEnd ? head.text(head.hostStart, head.hostEnd) : head.host();
    packet.variable("HTTP_HOST", host);
    forwarded("HTTP_VIA", head, FieldName.VIA, hop.via());
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
    return packet.finish(contentLength < 0 ? MAX_LENGTH_BYTES : 0) ? null : TOO_LARGE;
  }

  /** Adds the length of the body to a packet that was written without, from its reader index on. */
  public static void addLength(ByteBuf packet, long contentLength) {
    byte[] value = ascii(Long.toString(contentLength));
    packet.writeShortLE(CONTENT_LENGTH.length).writeBytes(CONTENT_LENGTH);
    packet.writeShortLE(value.length).writeBytes(value);
    int size = packet.readableBytes() - UwsgiPacket.HEAD_BYTES;
    packet.setShortLE(packet.readerIndex() + 1, size);
  }

  /**
   * What a hop tells the application of itself and of its client.
   *
   * @param client the client's address
   * @param clientPort its port; 0 if it has none
   * @param serverPort the port that it connected to; 0 if it has none
   * @param via the value of this hop's Via field
   */
  public record Hop(String scheme, String client, int clientPort, int serverPort, String via) {}

  private static String or(@Nullable String text, String otherwise) {
    return text == null ? otherwise : text;
  }

  /** The path decoded (RFC 3875 §4.1.5), as WSGI and nginx have it; false if it holds a NUL. */
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

  /** A list of what the fields of that name say, and of what this hop adds. */
  private void forwarded(String variable, RequestHead head, int name, String ours) {
    packet.startVariable(variable);
    for (int field = 0; field < head.fieldCount; field++) {
      if (head.name(field) == name) {
        packet.separate(", ");
        packet.put(head.bytes, head.valueStart(field), head.valueEnd(field));
      }
    }
    if (!ours.isEmpty()) {
      packet.separate(", ");
      packet.put(ours);
    }
    packet.endVariable();
  }
}
