// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import dev.rsp.http.Octets;
import io.netty.util.AsciiString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Texts of fields that were seen lately: most heads repeat the names and many values of those
 * before them, and an object that is used again has its hash, by which the encoder of HPACK looks
 * it up.
 *
 * <p>One per event loop, on its thread.
 */
final class KnownTexts {
  /** A power of two. A head has some ten names and values; others replace those in a place. */
  private static final int PLACES = 512;

  /** Longer values are seldom repeated. So all texts together take 64 KiB at most. */
  private static final int MOST_OCTETS = 64;

  private final @Nullable AsciiString[] known = new AsciiString[PLACES];

  /** A range of the octets as a text that does not change with them. */
  AsciiString text(byte[] octets, int start, int end) {
    return find(octets, start, end, false);
  }

  /** The same, in lower case. */
  AsciiString lowerCase(byte[] octets, int start, int end) {
    return find(octets, start, end, true);
  }

  private AsciiString find(byte[] octets, int start, int end, boolean lower) {
    if (end - start > MOST_OCTETS) {
      return copy(octets, start, end, lower);
    }
    int hash = lower ? 1 : 0;
    for (int at = start; at < end; at++) {
      hash = 31 * hash + octets[at];
    }
    int place = (hash ^ hash >>> 16) & (PLACES - 1);
    AsciiString text = known[place];
    if (text == null || !isSame(text, octets, start, end, lower)) {
      text = copy(octets, start, end, lower);
      known[place] = text;
    }
    return text;
  }

  private static boolean isSame(
      AsciiString text, byte[] octets, int start, int end, boolean lower) {
    byte[] same = text.array();
    return lower
        ? Octets.equalsIgnoreCase(octets, start, end, same)
        : Arrays.equals(same, 0, same.length, octets, start, end);
  }

  private static AsciiString copy(byte[] octets, int start, int end, boolean lower) {
    byte[] own = Arrays.copyOfRange(octets, start, end);
    for (int at = 0; lower && at < own.length; at++) {
      own[at] = Octets.lower(own[at]);
    }
    return new AsciiString(own, false);
  }
}
