// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.util.Arrays;

/** Reads the few structures of DER (X.690) around private keys. */
final class DerReader {
  static final int INTEGER = 0x02;
  static final int BIT_STRING = 0x03;
  static final int OCTET_STRING = 0x04;
  static final int OBJECT_ID = 0x06;
  static final int SEQUENCE = 0x30;

  /** The context-specific constructed tag {@code [0]}; the following ones are {@code [1]}, … */
  static final int FIELD_0 = 0xa0;

  /** A length of four octets and more is that of no key. */
  private static final int MAX_LENGTH_OCTETS = 3;

  private final byte[] bytes;
  private final int end;
  private int at;

  DerReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private DerReader(byte[] bytes, int at, int end) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Whether the next value has this tag. */
  boolean has(int tag) {
    return at < end && (bytes[at] & 0xff) == tag;
  }

  /** A reader of the content of the next value, which is passed over. */
  DerReader enter(int tag) throws UnusableException {
    int from = content(tag);
    return new DerReader(bytes, from, at);
  }

  /** The content of the next value, which is passed over. */
  byte[] read(int tag) throws UnusableException {
    int from = content(tag);
    return Arrays.copyOfRange(bytes, from, at);
  }

  /** Passes over the next value. */
  void skip(int tag) throws UnusableException {
    content(tag);
  }

  /** Moves behind the next value; returns where its content begins. */
  private int content(int tag) throws UnusableException {
    if (!has(tag) || at + 2 > end) {
      throw damaged();
    }
    int length = bytes[at + 1] & 0xff;
    int from = at + 2;
    if (length >= 0x80) {
      int octets = length & 0x7f;
      if (octets == 0 || octets > MAX_LENGTH_OCTETS || from + octets > end) {
        throw damaged();
      }
      length = 0;
      for (int i = 0; i < octets; i++) {
        length = (length << 8) | (bytes[from + i] & 0xff);
      }
      from += octets;
    }
    if (length > end - from) {
      throw damaged();
    }
    at = from + length;
    return from;
  }

  private static UnusableException damaged() {
    return new UnusableException("the private key is damaged");
  }
}
