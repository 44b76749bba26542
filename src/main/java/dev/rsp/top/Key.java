// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A key of the screen. */
enum Key {
  QUIT,
  SORT,
  PAUSE,
  UP,
  DOWN,
  PAGE_UP,
  PAGE_DOWN,
  FIRST,
  LAST;

  private static final char ESCAPE = 0x1b;

  /** Ctrl-C and Ctrl-D, and letters. In raw mode the terminal sends no signal for Ctrl-C. */
  private static final Map<Character, Key> CHARACTERS =
      Map.of(
          'q', QUIT, 'Q', QUIT, (char) 3, QUIT, (char) 4, QUIT, 's', SORT, 'p', PAUSE, ' ', PAUSE,
          'k', UP, 'j', DOWN);

  /** What xterm and the Linux console send behind ESC [ or ESC O. */
  private static final Map<String, Key> SEQUENCES =
      Map.of(
          "A", UP, "B", DOWN, "5~", PAGE_UP, "6~", PAGE_DOWN, "H", FIRST, "F", LAST, "1~", FIRST,
          "4~", LAST);

  /** The keys in what was read at once; what is none of them is left out. */
  static List<Key> in(String input) {
    List<Key> keys = new ArrayList<>();
    int at = 0;
    while (at < input.length()) {
      char c = input.charAt(at++);
      Key key = CHARACTERS.get(c);
      if (c == ESCAPE && at < input.length() && "[O".indexOf(input.charAt(at)) >= 0) {
        int from = ++at;
        // ECMA-48 §5.4: parameters and intermediates up to ?, then one final character.
        while (at < input.length() && input.charAt(at) < '@') {
          at++;
        }
        at = Math.min(at + 1, input.length());
        key = SEQUENCES.get(input.substring(from, at));
      }
      if (key != null) {
        keys.add(key);
      }
    }
    return keys;
  }
}
