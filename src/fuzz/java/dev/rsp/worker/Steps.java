// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the two sides of an exchange do, in order, as text that can be damaged anywhere: an at sign,
 * a letter, and the bytes that it sends up to the next such pair.
 *
 * <pre>
 * &#64;c  the client sends the bytes that follow
 * &#64;b  the backend sends them, on the connection that was last asked on, or on the next
 * &#64;n  the backend sends them on the next connection that is made
 * &#64;F  &#64;R  the client ends its side; resets
 * &#64;f  &#64;r  the backend ends the connection; resets it
 * &#64;x  the next step does not wait for what the one before brings about
 * &#64;h  another configuration comes into force
 * </pre>
 *
 * <p>Any other at sign is one of the bytes; what stands before the first step is the client's.
 */
record Steps(List<Step> steps) {
  private static final String LETTERS = "cbnFRfrxh";

  /** More would only make a run slow. */
  private static final int MAX_STEPS = 40;

  /**
   * One of them.
   *
   * @param text what it sends, one character per byte
   * @param follows whether the next step does not wait
   */
  record Step(char letter, String text, boolean follows) {}

  static Steps of(byte[] data) {
    return of(data, LETTERS, MAX_STEPS);
  }

  /** The same with other letters, in which an x means the same. */
  static Steps of(byte[] data, String letters, int most) {
    String text = new String(data, StandardCharsets.ISO_8859_1);
    List<Step> steps = new ArrayList<>();
    char letter = 'c';
    int start = 0;
    for (int at = 0; at <= data.length && steps.size() < most; at++) {
      boolean next = at + 1 < data.length && data[at] == '@' && letters.indexOf(data[at + 1]) >= 0;
      if (next || at == data.length) {
        if (start > 0 || at > start) {
          boolean follows = next && data[at + 1] == 'x';
          steps.add(new Step(letter, text.substring(start, at), follows));
        }
        if (next) {
          letter = (char) data[++at];
          start = at + 1;
        }
      }
    }
    return new Steps(steps);
  }
}
