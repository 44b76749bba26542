// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Reads the blocks of a PEM file (RFC 7468). Text around them is ignored. */
public final class PemText {
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";

  /**
   * One block.
   *
   * @param encrypted whether it has the header of an encrypted key (RFC 1421 §4.6.1.1)
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Block(String label, byte[] der, boolean encrypted) {}

  private PemText() {}

  /**
   * All blocks, in their order.
   *
   * @throws UnusableException if a block is not complete, or is not Base64
   */
  public static List<Block> blocks(byte[] file) throws UnusableException {
    String text = new String(file, StandardCharsets.ISO_8859_1);
    List<Block> blocks = new ArrayList<>();
    int at = begin(text, 0);
    while (at >= 0) {
      int labelEnd = text.indexOf(DASHES, at + BEGIN.length());
      String label = labelEnd < 0 ? "" : text.substring(at + BEGIN.length(), labelEnd);
      if (label.isEmpty() || label.indexOf('\n') >= 0) {
        throw new UnusableException("a line that begins with -----BEGIN is not complete");
      }
      int end = text.indexOf(END + label + DASHES, labelEnd);
      int next = begin(text, labelEnd);
      if (end < 0 || (next >= 0 && next < end)) {
        throw new UnusableException("the end of " + label + " is missing: is it being written?");
      }
      blocks.add(block(label, text.substring(labelEnd + DASHES.length(), end)));
      at = next;
    }
    return blocks;
  }

  /** Where the next line that begins a block is. */
  private static int begin(String text, int from) {
    int at = text.indexOf(BEGIN, from);
    while (at > 0 && text.charAt(at - 1) != '\n' && text.charAt(at - 1) != '\r') {
      at = text.indexOf(BEGIN, at + 1);
    }
    return at;
  }

  private static Block block(String label, String body) throws UnusableException {
    boolean encrypted = label.equals("ENCRYPTED PRIVATE KEY") || body.contains("ENCRYPTED");
    if (encrypted) {
      return new Block(label, new byte[0], true);
    }
    StringBuilder digits = new StringBuilder(body.length());
    for (int i = 0; i < body.length(); i++) {
      char c = body.charAt(i);
      if (c > ' ') {
        digits.append(c);
      }
    }
    try {
      return new Block(label, Base64.getDecoder().decode(digits.toString()), false);
    } catch (IllegalArgumentException e) {
      throw new UnusableException(label + " is not Base64");
    }
  }
}
