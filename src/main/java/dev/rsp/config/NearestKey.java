// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Finds the known word that is most similar to a mistyped one. */
public final class NearestKey {
  /** Longer words are not typing errors, and the comparison takes quadratic time. */
  private static final int MAX_LENGTH = 64;

  /** Shorter names that a script chooses are all similar. */
  static final int MIN_LENGTH = 3;

  private NearestKey() {}

  /**
   * The path whose last part is most similar to the word; null if none is similar. Similar means
   * one typing error in a word of up to five letters, two in a longer one that begins with the same
   * letter: {@code workers} is no {@code orders}.
   */
  public static @Nullable String to(String word, Collection<String> paths) {
    String nearest = null;
    int least = word.length() <= 5 ? 2 : 3;
    for (String path : paths) {
      String name = path.substring(path.lastIndexOf('.') + 1);
      int distance = distance(word, name);
      if (distance < least && (distance < 2 || same(word, 1, name, 1))) {
        least = distance;
        nearest = path;
      }
    }
    return nearest;
  }

  /** A suffix for the error message: {@code ; did you mean limits.head_bytes?}, or "". */
  static String suggestion(String word, Collection<String> paths) {
    String nearest = to(word, paths);
    return nearest == null ? "" : "; did you mean " + nearest + "?";
  }

  /**
   * The edit distance of two words: letters inserted, deleted, replaced or two swapped (optimal
   * string alignment). Case is ignored.
   */
  static int distance(String a, String b) {
    if (a.length() > MAX_LENGTH || b.length() > MAX_LENGTH) {
      return Integer.MAX_VALUE;
    }
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      d[i][0] = i;
    }
    for (int j = 0; j <= b.length(); j++) {
      d[0][j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      for (int j = 1; j <= b.length(); j++) {
        int change = same(a, i, b, j) ? 0 : 1;
        d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + change);
        if (i > 1 && j > 1 && same(a, i, b, j - 1) && same(a, i - 1, b, j)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }

  private static boolean same(String a, int i, String b, int j) {
    return Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
  }
}
