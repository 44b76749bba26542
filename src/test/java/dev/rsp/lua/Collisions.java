// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;

/** Keys that all end in one chain of a table of LuaJ, because their hashes are equal. */
final class Collisions {
  /** Of a host name: the length for which rsp's users had reported it. */
  private static final int LONG_BYTES = 203;

  private static final int BLOCK = 4;
  private static final int BLOCKS = 7;

  private Collisions() {}

  /** Hosts of 203 bytes: LuaJ's hash reads only every seventh byte, counted from the end. */
  static List<String> longHosts(int count) {
    List<String> hosts = new ArrayList<>();
    var host = new byte[LONG_BYTES];
    for (int i = 0; i < count; i++) {
      Arrays.fill(host, (byte) 'a');
      int rest = i;
      for (int at = 1; rest > 0; at++) {
        if ((LONG_BYTES - 1 - at) % 7 != 0) {
          host[at] = (byte) ('a' + rest % 26);
          rest /= 26;
        }
      }
      hosts.add(new String(host, StandardCharsets.US_ASCII));
    }
    return hosts;
  }

  /**
   * 128 hosts of 28 bytes. For each block there are two texts that lead from one state of the hash
   * to the same next state (Joux, "Multicollisions in iterated hash functions", 2004).
   */
  static List<String> shortHosts() {
    List<String> hosts = List.of("");
    int state = BLOCK * BLOCKS; // LuaJ begins with the length, and reads from the end
    for (int block = 0; block < BLOCKS; block++) {
      String[] pair = pair(state);
      List<String> longer = new ArrayList<>();
      for (String host : hosts) {
        longer.add(pair[0] + host);
        longer.add(pair[1] + host);
      }
      hosts = longer;
      state = after(state, pair[0]);
    }
    return hosts;
  }

  private static String[] pair(int state) {
    Map<Integer, String> known = new HashMap<>();
    for (int i = 0; i < 26 * 26 * 26 * 26; i++) {
      var text =
          new String(
              new char[] {
                (char) ('a' + i % 26),
                (char) ('a' + i / 26 % 26),
                (char) ('a' + i / 676 % 26),
                (char) ('a' + i / 17_576)
              });
      String other = known.putIfAbsent(after(state, text), text);
      if (other != null) {
        return new String[] {other, text};
      }
    }
    throw new AssertionError("no two blocks collide");
  }

  private static int after(int state, String block) {
    int hash = state;
    for (int i = BLOCK - 1; i >= 0; i--) {
      hash ^= (hash << 5) + (hash >> 2) + block.charAt(i);
    }
    return hash;
  }

  /** Numbers with a fraction or above 2^31: LuaJ adds both halves of their bits. */
  static List<LuaValue> numbers(int count) {
    List<LuaValue> numbers = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      long bits = (0x43000000L + i) << 32 | (0x7fffffffL - i);
      numbers.add(LuaValue.valueOf(Double.longBitsToDouble(bits)));
    }
    return numbers;
  }

  static List<LuaValue> strings(List<String> texts) {
    List<LuaValue> strings = new ArrayList<>();
    texts.forEach(text -> strings.add(LuaString.valueOf(text)));
    return strings;
  }
}
