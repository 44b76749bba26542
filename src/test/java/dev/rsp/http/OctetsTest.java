// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Values are looked at eight octets at a time, and end where one octet at a time ends them. */
@Timeout(60)
final class OctetsTest {
  /** More than two steps of eight, and some octets behind them. */
  private static final int LENGTH = 21;

  static IntStream octets() {
    return IntStream.range(0, 256);
  }

  @ParameterizedTest
  @MethodSource("octets")
  void aValueEndsBeforeTheFirstOctetThatIsNotAllowed(int octet) {
    for (byte others : new byte[] {'a', ' ', '\t', '~', (byte) 0x80, (byte) 0xff}) {
      for (int at = 0; at < LENGTH; at++) {
        byte[] bytes = new byte[LENGTH];
        Arrays.fill(bytes, others);
        bytes[at] = (byte) octet;
        for (int start = 0; start <= at; start++) {
          int end = Octets.is(Octets.VALUE, (byte) octet) ? LENGTH : at;
          assertEquals(end, Octets.skipValue(bytes, start, LENGTH), octet + " at " + at);
        }
      }
    }
  }

  @Test
  void twoOctetsThatAreNotAllowedDoNotHideEachOther() {
    for (int first = 0; first < LENGTH; first++) {
      for (int second = first + 1; second < LENGTH; second++) {
        byte[] bytes = new byte[LENGTH];
        Arrays.fill(bytes, (byte) 'a');
        bytes[first] = 0x7f;
        bytes[second] = 0;
        assertEquals(first, Octets.skipValue(bytes, 0, LENGTH));
      }
    }
  }

  @Test
  void aValueEndsWithItsRange() {
    byte[] bytes = new byte[LENGTH];
    Arrays.fill(bytes, (byte) 'a');
    for (int start = 0; start <= LENGTH; start++) {
      for (int end = start; end <= LENGTH; end++) {
        assertEquals(end, Octets.skipValue(bytes, start, end));
      }
    }
  }
}
