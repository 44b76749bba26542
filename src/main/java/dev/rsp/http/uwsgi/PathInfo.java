// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.uwsgi;

import dev.rsp.http.Octets;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import org.jspecify.annotations.Nullable;

/**
 * The variable PATH_INFO: the percent-decoded path (RFC 3875 §4.1.5), as in WSGI and nginx.
 *
 * <p>Applications join it to names of files, and write it into logs and fields. So a path is
 * refused that has a control character or a segment ".." when it is decoded. nginx resolves such a
 * segment; then PATH_INFO and REQUEST_URI name different pages.
 */
public final class PathInfo {
  private static final Refusal CONTROL = new Refusal(400, "control character in the path");
  private static final Refusal DOTS = new Refusal(400, "segment .. in the path");
  private static final int DEL = 0x7f;

  private PathInfo() {}

  /** Why the path of a request cannot become PATH_INFO; null if it can. Allocates nothing. */
  public static @Nullable Refusal refusal(RequestHead head) {
    byte[] bytes = head.bytes();
    int end = head.targetEnd();
    int at = head.pathStart();
    // Of the segment so far: the number of dots, or -1 if it has anything else.
    int dots = 0;
    while (at < end && bytes[at] != '?') {
      int octet = bytes[at++] & 0xff;
      if (octet == '%' && isEncoded(bytes, at, end)) {
        octet = decoded(bytes, at);
        at += 2;
      }
      if (octet < ' ' || octet == DEL) {
        return CONTROL;
      }
      if (octet == '/') {
        if (dots == 2) {
          return DOTS;
        }
        dots = 0;
      } else {
        dots = octet == '.' && dots >= 0 ? dots + 1 : -1;
      }
    }
    return dots == 2 ? DOTS : null;
  }

  /** Adds the variable to a packet. Only for a path that is not refused. */
  static void add(byte[] path, UwsgiPacket packet) {
    packet.startVariable("PATH_INFO");
    int at = 0;
    while (at < path.length) {
      byte octet = path[at++];
      if (octet == '%' && isEncoded(path, at, path.length)) {
        octet = (byte) decoded(path, at);
        at += 2;
      }
      packet.put(octet);
    }
    packet.endVariable();
  }

  private static boolean isEncoded(byte[] bytes, int at, int end) {
    return at + 1 < end && Octets.is(Octets.HEX, bytes[at]) && Octets.is(Octets.HEX, bytes[at + 1]);
  }

  private static int decoded(byte[] bytes, int at) {
    return Octets.hexValue(bytes[at]) << 4 | Octets.hexValue(bytes[at + 1]);
  }
}
