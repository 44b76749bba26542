// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.uwsgi;

import dev.rsp.http.Octets;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A packet of the uwsgi protocol that is being written: four bytes, then variables, each a name and
 * a value with their sizes before them.
 *
 * <p>Belongs to a {@link UwsgiWriter} and its event loop; {@link UwsgiFields} adds to it. Its array
 * grows as needed, and is reused for the next packet.
 */
final class UwsgiPacket {
  /** The packet's size and two modifiers. */
  static final int HEAD_BYTES = 4;

  /** The packet's size is two bytes (uwsgi protocol: uint16 datasize). */
  private static final int MAX_VARIABLES_BYTES = 0xFFFF;

  private byte[] bytes = new byte[8192];
  private int length;
  private int valueAt;

  /** The bytes written since the start, from 0 to {@link #length()}. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** Starts a packet. */
  void start() {
    length = HEAD_BYTES;
  }

  /**
   * Writes the first four bytes of the packet, when all variables are written.
   *
   * @return false if the variables are too large for a packet
   */
  boolean finish() {
    int size = length - HEAD_BYTES;
    if (size > MAX_VARIABLES_BYTES) {
      return false;
    }
    bytes[0] = 0; // modifier1: a request to a WSGI or other application of the default plugin
    bytes[1] = (byte) size;
    bytes[2] = (byte) (size >> 8);
    bytes[3] = 0; // modifier2
    return true;
  }

  /** Writes a complete variable. */
  void variable(String name, String value) {
    startVariable(name);
    put(value);
    endVariable();
  }

  /** Starts a variable; its value is put next. */
  void startVariable(String name) {
    size(name.length(), length);
    length += 2;
    put(name);
    startValue();
  }

  /** Starts the variable of a field, whose name is a range of {@code from} (RFC 3875 §4.1.18). */
  void startField(byte[] from, int start, int end) {
    size(5 + end - start, length);
    length += 2;
    put("HTTP_");
    for (int i = start; i < end; i++) {
      byte octet = Octets.lower(from[i]);
      put(octet == '-' ? (byte) '_' : octet >= 'a' ? (byte) (octet - 32) : octet);
    }
    startValue();
  }

  private void startValue() {
    length += 2;
    valueAt = length;
  }

  /** Ends the variable that was started. */
  void endVariable() {
    size(length - valueAt, valueAt - 2);
  }

  /** A size in two bytes, the low one first. If it is too large, {@link #finish} returns false. */
  private void size(int size, int at) {
    room(at + 2 - length);
    bytes[at] = (byte) size;
    bytes[at + 1] = (byte) (size >> 8);
  }

  /** Puts a separator, if the value has a part already. */
  void separate(String separator) {
    if (length > valueAt) {
      put(separator);
    }
  }

  void put(String text) {
    // Names, numbers and parts of a head: one character per byte.
    byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
    put(octets, 0, octets.length);
  }

  void put(byte[] from, int start, int end) {
    room(end - start);
    System.arraycopy(from, start, bytes, length, end - start);
    length += end - start;
  }

  void put(byte octet) {
    room(1);
    bytes[length++] = octet;
  }

  /** Makes room for {@code more} bytes, and for a size after them. */
  private void room(int more) {
    if (bytes.length - length < more + 4) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more + 4));
    }
  }
}
