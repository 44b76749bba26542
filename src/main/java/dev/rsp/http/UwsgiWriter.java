// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes a request head as the uwsgi protocol has it: a packet of variables, as of CGI (RFC 3875),
 * that the body follows as it is.
 *
 * <p>The response to it is HTTP. One per event loop; what it wrote stands in {@link #bytes()} until
 * the next call.
 */
public final class UwsgiWriter {
  /** The packet's size is two bytes (uwsgi protocol: uint16 datasize). */
  private static final int MAX_VARIABLES_BYTES = 0xFFFF;

  private static final int PACKET_HEAD_BYTES = 4;

  private static final Refusal TOO_LARGE =
      new Refusal(431, "the request head is too large for the uwsgi protocol");
  private static final Refusal NUL_IN_PATH = new Refusal(400, "NUL in the path");

  private static final byte[] CONTENT_LENGTH = ascii("CONTENT_LENGTH");

  /** Of that variable, with its two sizes and any long. */
  private static final int MAX_LENGTH_BYTES = 2 + 14 + 2 + 19;

  private static final byte[] CONTENT_TYPE = ascii("content-type");

  /**
   * A field of this name would become HTTP_PROXY, which many libraries take for the proxy that they
   * are to use (CVE-2016-5385 and its kin, "httpoxy").
   */
  private static final byte[] PROXY = ascii("proxy");

  private static final byte[] COOKIE = ascii("cookie");

  /** What the variables of this request say otherwise, or what is of the client's hop alone. */
  private static final int DROPS =
      KeptFields.REQUEST_DROPS
          | 1 << FieldName.HOST
          | 1 << FieldName.CONTENT_LENGTH
          | 1 << FieldName.EXPECT
          | 1 << FieldName.VIA
          | KeptFields.FORWARDING;

  private byte[] out = new byte[8192];
  private int length;
  private int valueAt;

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The bytes last written, from 0 to {@link #length()}. Not to be kept. */
  public byte[] bytes() {
    return out;
  }

  /** How many bytes were last written. */
  public int length() {
    return length;
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
    length = PACKET_HEAD_BYTES;
    variable("REQUEST_METHOD", head.methodText());
    String path = head.path();
    String query = head.query();
    String target = head.text(head.pathStart, head.targetEnd);
    variable("REQUEST_URI", target.startsWith(path) ? target : path + target);
    if (!pathInfo(path)) {
      return NUL_IN_PATH;
    }
    variable("QUERY_STRING", query);
    // RFC 3875 §4.1.2: only if there is a body.
    if (contentLength >= 0) {
      variable("CONTENT_LENGTH", contentLength > 0 ? Long.toString(contentLength) : "");
    }
    variable("CONTENT_TYPE", or(head.field("content-type"), ""));
    variable("SERVER_PROTOCOL", head.http10() ? "HTTP/1.0" : "HTTP/1.1");
    variable("REQUEST_SCHEME", hop.scheme());
    if (hop.scheme().equals("https")) {
      variable("HTTPS", "on");
    }
    variable("SERVER_NAME", head.host());
    variable("SERVER_PORT", Integer.toString(hop.serverPort()));
    variable("REMOTE_ADDR", hop.client());
    variable("REMOTE_PORT", Integer.toString(hop.clientPort()));
    String host =
        head.hostStart < head.hostEnd ? head.text(head.hostStart, head.hostEnd) : head.host();
    variable("HTTP_HOST", host);
    forwarded("HTTP_VIA", head, FieldName.VIA, hop.via());
    if (trustClient) {
      forwarded("HTTP_X_FORWARDED_FOR", head, FieldName.X_FORWARDED_FOR, hop.client());
      forwarded("HTTP_X_FORWARDED_PROTO", head, FieldName.X_FORWARDED_PROTO, hop.scheme());
      forwarded("HTTP_X_FORWARDED_HOST", head, FieldName.X_FORWARDED_HOST, host);
      forwarded("HTTP_FORWARDED", head, FieldName.FORWARDED, "");
    } else {
      variable("HTTP_X_FORWARDED_FOR", hop.client());
      variable("HTTP_X_FORWARDED_PROTO", hop.scheme());
      variable("HTTP_X_FORWARDED_HOST", host);
    }
    fields(head);
    int size = length - PACKET_HEAD_BYTES;
    if (size > MAX_VARIABLES_BYTES - (contentLength < 0 ? MAX_LENGTH_BYTES : 0)) {
      return TOO_LARGE;
    }
    out[0] = 0; // modifier1: a request to a WSGI or other application of the default plugin
    out[1] = (byte) size;
    out[2] = (byte) (size >> 8);
    out[3] = 0; // modifier2
    return null;
  }

  /** Adds the length of the body to a packet that was written without, from its reader index on. */
  public static void addLength(ByteBuf packet, long contentLength) {
    byte[] value = ascii(Long.toString(contentLength));
    packet.writeShortLE(CONTENT_LENGTH.length).writeBytes(CONTENT_LENGTH);
    packet.writeShortLE(value.length).writeBytes(value);
    int size = packet.readableBytes() - PACKET_HEAD_BYTES;
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
    start("PATH_INFO");
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
      put((byte) octet);
    }
    end();
    return true;
  }

  /** A list of what the fields of that name say, and of what this hop adds. */
  private void forwarded(String variable, RequestHead head, int name, String ours) {
    start(variable);
    int from = length;
    for (int field = 0; field < head.fieldCount; field++) {
      if (head.name(field) == name) {
        separate(from, ", ");
        put(head.bytes, head.valueStart(field), head.valueEnd(field));
      }
    }
    if (!ours.isEmpty()) {
      separate(from, ", ");
      put(ours);
    }
    end();
  }

  /**
   * All other fields, each name once: an application may keep the first or the last of two. Only
   * names of letters, digits and hyphens become variables, so that no two spellings become one
   * (nginx: underscores_in_headers, ignore_invalid_headers).
   */
  private void fields(RequestHead head) {
    for (int field = 0; field < head.fieldCount; field++) {
      int start = head.nameStart(field);
      int end = head.nameEnd(field);
      boolean dropped = (DROPS >> head.name(field) & 1) != 0;
      if (!dropped && fits(head.bytes, start, end) && !seenBefore(head, field)) {
        name(head.bytes, start, end);
        int from = length;
        // RFC 9110 §5.3, and RFC 6265 §5.4 for cookies, which are no list.
        String separator = is(head, field, COOKIE) ? "; " : ", ";
        for (int same = field; same < head.fieldCount; same++) {
          if (same == field || sameName(head, field, same)) {
            separate(from, separator);
            put(head.bytes, head.valueStart(same), head.valueEnd(same));
          }
        }
        end();
      }
    }
  }

  private static boolean fits(byte[] bytes, int start, int end) {
    for (int i = start; i < end; i++) {
      byte octet = Octets.lower(bytes[i]);
      boolean letter = octet >= 'a' && octet <= 'z';
      boolean digit = octet >= '0' && octet <= '9';
      if (!letter && !digit && octet != '-') {
        return false;
      }
    }
    return !Octets.equalsIgnoreCase(bytes, start, end, CONTENT_TYPE)
        && !Octets.equalsIgnoreCase(bytes, start, end, PROXY);
  }

  private static boolean is(RequestHead head, int field, byte[] lowerCase) {
    return Octets.equalsIgnoreCase(
        head.bytes, head.nameStart(field), head.nameEnd(field), lowerCase);
  }

  private static boolean seenBefore(RequestHead head, int field) {
    for (int earlier = 0; earlier < field; earlier++) {
      if (sameName(head, field, earlier)) {
        return true;
      }
    }
    return false;
  }

  /** Whether two fields have one name, and the second is to be passed on. */
  private static boolean sameName(RequestHead head, int one, int other) {
    int size = head.nameEnd(one) - head.nameStart(one);
    if ((DROPS >> head.name(other) & 1) != 0
        || head.nameEnd(other) - head.nameStart(other) != size) {
      return false;
    }
    for (int i = 0; i < size; i++) {
      if (Octets.lower(head.bytes[head.nameStart(one) + i])
          != Octets.lower(head.bytes[head.nameStart(other) + i])) {
        return false;
      }
    }
    return true;
  }

  private void variable(String name, String value) {
    start(name);
    put(value);
    end();
  }

  private void name(byte[] bytes, int start, int end) {
    size(5 + end - start, length);
    length += 2;
    put("HTTP_");
    for (int i = start; i < end; i++) {
      byte octet = Octets.lower(bytes[i]);
      put(octet == '-' ? (byte) '_' : octet >= 'a' ? (byte) (octet - 32) : octet);
    }
    length += 2;
    valueAt = length;
  }

  private void start(String name) {
    size(name.length(), length);
    length += 2;
    put(name);
    length += 2;
    valueAt = length;
  }

  private void end() {
    size(length - valueAt, valueAt - 2);
  }

  /** A size in two bytes, the low one first. One that is too large is refused with the packet. */
  private void size(int size, int at) {
    room(at + 2 - length);
    out[at] = (byte) size;
    out[at + 1] = (byte) (size >> 8);
  }

  private void separate(int from, String separator) {
    if (length > from) {
      put(separator);
    }
  }

  private void put(String text) {
    // Names, numbers and what was parsed: one character per byte.
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    put(bytes, 0, bytes.length);
  }

  private void put(byte[] from, int start, int end) {
    room(end - start);
    System.arraycopy(from, start, out, length, end - start);
    length += end - start;
  }

  private void put(byte octet) {
    room(1);
    out[length++] = octet;
  }

  /** Makes room for so many bytes, and for a size after them. */
  private void room(int bytes) {
    if (out.length - length < bytes + 4) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, length + bytes + 4));
    }
  }
}
