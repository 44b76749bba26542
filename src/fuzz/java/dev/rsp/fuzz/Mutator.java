// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Damages messages as one who knows their grammar would: by fields, lines, line ends, numbers and
 * chunk sizes. The same seed gives the same inputs.
 */
public final class Mutator {
  /** An input of this size is no longer grown, so that a run stays fast. */
  private static final int MAX_BYTES = 4096;

  private final Random random;
  private final List<byte[]> seeds;
  private final List<byte[]> tokens;

  /** A mutator of these seeds, with the words of a dictionary to put in. */
  public Mutator(long seed, List<byte[]> seeds, List<byte[]> tokens) {
    this.random = new Random(seed);
    this.seeds = List.copyOf(seeds);
    this.tokens = List.copyOf(tokens);
  }

  /** The next input: a seed with one to six damages. */
  public byte[] next() {
    byte[] data = pick(seeds).clone();
    // Mostly few: what is damaged much is refused at its first octets.
    int damages = random.nextInt(4) == 0 ? 1 + random.nextInt(6) : 1 + random.nextInt(2);
    for (int i = 0; i < damages; i++) {
      data = damaged(data);
    }
    return data;
  }

  private byte[] damaged(byte[] data) {
    if (data.length == 0) {
      return pick(tokens);
    }
    return switch (random.nextInt(12)) {
      case 0 -> splice(data, place(data), 0, pick(tokens));
      case 1 -> {
        int at = place(data);
        yield splice(data, at, Math.min(data.length - at, 1 + random.nextInt(4)), pick(tokens));
      }
      case 2 -> {
        int at = random.nextInt(data.length);
        data[at] ^= (byte) (1 << random.nextInt(8));
        yield data;
      }
      case 3 -> {
        data[random.nextInt(data.length)] = (byte) random.nextInt(256);
        yield data;
      }
      case 4 -> splice(data, random.nextInt(data.length), 1, new byte[0]);
      case 5, 6 -> lines(data);
      case 7 -> lineEnd(data);
      case 8, 9 -> number(data);
      case 10 -> crossed(data, pick(seeds));
      default -> {
        int at = random.nextInt(data.length);
        int length = Math.min(data.length - at, 1 + random.nextInt(32));
        byte[] part = new byte[length];
        System.arraycopy(data, at, part, 0, length);
        int to = random.nextInt(data.length);
        yield splice(data, to, random.nextBoolean() ? 0 : Math.min(length, data.length - to), part);
      }
    };
  }

  /** A line doubled, dropped, moved, or put in from the dictionary. */
  private byte[] lines(byte[] data) {
    List<byte[]> lines = new ArrayList<>();
    int start = 0;
    for (int at = 0; at < data.length; at++) {
      if (data[at] == '\n' || at == data.length - 1) {
        byte[] line = new byte[at + 1 - start];
        System.arraycopy(data, start, line, 0, line.length);
        lines.add(line);
        start = at + 1;
      }
    }
    int at = random.nextInt(lines.size());
    switch (random.nextInt(4)) {
      case 0 -> lines.add(random.nextInt(lines.size() + 1), lines.get(at));
      case 1 -> lines.remove(at);
      case 2 -> lines.add(random.nextInt(lines.size()), lines.remove(at));
      default -> lines.add(at, pick(tokens));
    }
    var out = new ByteArrayOutputStream();
    lines.forEach(out::writeBytes);
    return bounded(out.toByteArray());
  }

  private byte[] lineEnd(byte[] data) {
    List<byte[]> ends = ENDS;
    for (int at = random.nextInt(data.length); at < data.length; at++) {
      if (data[at] == '\n') {
        int start = at > 0 && data[at - 1] == '\r' ? at - 1 : at;
        return splice(data, start, at + 1 - start, pick(ends));
      }
    }
    return splice(data, data.length, 0, pick(ends));
  }

  private static final List<byte[]> ENDS =
      texts("\n", "\r", "\n\r", "\r\r\n", "\r\n ", "\r\n\t", " \r\n", "\r\n\r\n", "\0\r\n", "");

  private static final List<byte[]> NUMBERS =
      texts(
          "0",
          "00",
          "1",
          "-1",
          "+1",
          "0x1",
          "1e3",
          "7f",
          "ffffffff",
          "FFFFFFFFFFFFFFED",
          "1000000000000000000001",
          "2147483648",
          "4294967296",
          "9223372036854775808",
          "999999999999999999",
          "5 5",
          "5,5",
          "005",
          "");

  /** Another number, or one off by one. */
  private byte[] number(byte[] data) {
    for (int at = random.nextInt(data.length); at < data.length; at++) {
      if (data[at] >= '0' && data[at] <= '9') {
        int end = at;
        while (end < data.length && data[end] >= '0' && data[end] <= '9') {
          end++;
        }
        if (random.nextBoolean()) {
          data[end - 1] =
              (byte) ('0' + (data[end - 1] - '0' + (random.nextBoolean() ? 1 : 9)) % 10);
          return data;
        }
        return splice(data, at, end - at, pick(NUMBERS));
      }
    }
    return data;
  }

  private byte[] crossed(byte[] first, byte[] second) {
    int end = random.nextInt(first.length + 1);
    int start = random.nextInt(second.length + 1);
    var out = new ByteArrayOutputStream();
    out.write(first, 0, end);
    out.write(second, start, second.length - start);
    return bounded(out.toByteArray());
  }

  /** A place in the data; half of the time one next to a delimiter. */
  private int place(byte[] data) {
    int at = random.nextInt(data.length);
    if (random.nextBoolean()) {
      return at;
    }
    for (int i = at; i < data.length; i++) {
      if ("\r\n:;, /=".indexOf(data[i]) >= 0) {
        return Math.min(data.length - 1, i + random.nextInt(2));
      }
    }
    return at;
  }

  private static byte[] splice(byte[] data, int at, int length, byte[] in) {
    byte[] out = new byte[data.length - length + in.length];
    System.arraycopy(data, 0, out, 0, at);
    System.arraycopy(in, 0, out, at, in.length);
    System.arraycopy(data, at + length, out, at + in.length, data.length - at - length);
    return bounded(out);
  }

  private static byte[] bounded(byte[] data) {
    if (data.length <= MAX_BYTES) {
      return data;
    }
    byte[] out = new byte[MAX_BYTES];
    System.arraycopy(data, 0, out, 0, MAX_BYTES);
    return out;
  }

  private byte[] pick(List<byte[]> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static List<byte[]> texts(String... texts) {
    List<byte[]> bytes = new ArrayList<>();
    for (String text : texts) {
      bytes.add(text.getBytes(StandardCharsets.ISO_8859_1));
    }
    return bytes;
  }
}
