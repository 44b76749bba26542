// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.util.Locale;

/** The Via field (RFC 9110 §7.6.3): the proxies that a message came through. */
final class Via {
  /** The name by which rsp knows itself. */
  static final String PSEUDONYM = "rsp";

  private Via() {}

  /** How often this kind of proxy stands in a field. */
  static int countOwn(Head head, int field) {
    int count = 0;
    String value = head.text(head.valueStart(field), head.valueEnd(field));
    for (String hop : value.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] words = hop.trim().split("[ \t]+", 3);
      if (words.length >= 2 && words[1].equals(PSEUDONYM)) {
        count++;
      }
    }
    return count;
  }
}
