// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** Keys and names for tests, and comparisons of their assignments. */
final class Keys {
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";

  /** The number of sites of the platform's load balancer in July 2014. */
  static final List<byte[]> HOSTS = hosts(24_241);

  private Keys() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Different hostnames, four in five of them under one suffix; the same each time. */
  private static List<byte[]> hosts(int count) {
    var random = new Random(20_140_707);
    Set<String> seen = new HashSet<>();
    List<byte[]> hosts = new ArrayList<>();
    while (hosts.size() < count) {
      String host =
          hosts.size() % 5 < 4
              ? word(random, 4, 12) + ".pythonanywhere.com"
              : (random.nextBoolean() ? "www." : "") + word(random, 5, 14) + suffix(random);
      if (seen.add(host)) {
        hosts.add(bytes(host));
      }
    }
    return hosts;
  }

  private static String word(Random random, int least, int most) {
    int length = least + random.nextInt(most - least + 1);
    var word = new StringBuilder();
    for (int i = 0; i < length; i++) {
      word.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return random.nextInt(4) == 0 ? word.append(random.nextInt(100)).toString() : word.toString();
  }

  private static String suffix(Random random) {
    String[] suffixes = {".com", ".org", ".net", ".co.uk", ".io", ".de"};
    return suffixes[random.nextInt(suffixes.length)];
  }

  /** {@code live1} to {@code liveN}, each of weight 1. */
  static List<Weighted> live(int n) {
    return IntStream.rangeClosed(1, n).mapToObj(i -> new Weighted("live" + i, 1)).toList();
  }

  /** The names assigned to the hosts. */
  static String[] placed(List<Weighted> list, ToIntFunction<byte[]> index) {
    return HOSTS.stream()
        .map(host -> list.get(index.applyAsInt(host) - 1).name())
        .toArray(String[]::new);
  }

  /** Number of hosts with another name. */
  static int moved(String[] before, String[] after) {
    return (int) IntStream.range(0, before.length).filter(i -> !before[i].equals(after[i])).count();
  }

  /** Number of hosts of a name. */
  static int count(String[] placed, String name) {
    return (int) List.of(placed).stream().filter(name::equals).count();
  }
}
