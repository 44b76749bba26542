// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;

/** Distinguishes browsers that load a page from programs, as far as a request shows it. */
public final class Browser {
  private static final byte[] ACCEPT = ascii("accept");
  private static final byte[] HTML = ascii("text/html");
  private static final byte[] REQUESTED_WITH = ascii("x-requested-with");
  private static final byte[] FETCH_MODE = ascii("sec-fetch-mode");
  private static final byte[] NAVIGATE = ascii("navigate");

  private Browser() {}

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Whether a browser will show the response as a page: a GET that accepts HTML, and is not sent by
   * a script of a page (X-Requested-With; Sec-Fetch-Mode of the Fetch Metadata draft).
   */
  public static boolean navigates(RequestHead head) {
    boolean html = false;
    for (int field = 0; field < head.fieldCount; field++) {
      if (named(head, field, ACCEPT)) {
        html |= contains(head, field, HTML);
      } else if (named(head, field, REQUESTED_WITH)
          || (named(head, field, FETCH_MODE) && !contains(head, field, NAVIGATE))) {
        return false;
      }
    }
    return html && head.method == RequestHead.Method.GET;
  }

  private static boolean named(RequestHead head, int field, byte[] name) {
    return Octets.equalsIgnoreCase(head.bytes, head.nameStart(field), head.nameEnd(field), name);
  }

  private static boolean contains(RequestHead head, int field, byte[] part) {
    int last = head.valueEnd(field) - part.length;
    for (int at = head.valueStart(field); at <= last; at++) {
      if (Octets.equalsIgnoreCase(head.bytes, at, at + part.length, part)) {
        return true;
      }
    }
    return false;
  }
}
