// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import io.netty.buffer.ByteBuf;

/** The octets with which each client of HTTP/2 begins: RFC 9113 §3.4. */
public final class Preface {
  private static final byte[] OCTETS = {
    'P', 'R', 'I', ' ', '*', ' ', 'H', 'T', 'T', 'P', '/', '2', '.', '0', '\r', '\n', '\r', '\n',
    'S', 'M', '\r', '\n', '\r', '\n',
  };

  /** How many they are. */
  public static final int LENGTH = OCTETS.length;

  private Preface() {}

  /** The octet at a place below {@link #LENGTH}. */
  public static byte at(int place) {
    return OCTETS[place];
  }

  /** Writes them into a buffer, which stays the caller's. */
  public static void write(ByteBuf into) {
    into.writeBytes(OCTETS);
  }
}
