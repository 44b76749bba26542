// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Texts that are repeated are the same objects, and no text is taken for another. */
@Timeout(10)
final class KnownTextsTest {
  private final KnownTexts texts = new KnownTexts();

  private static byte[] octets(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private AsciiString text(String text) {
    byte[] octets = octets("(" + text + ")");
    return texts.text(octets, 1, octets.length - 1);
  }

  private AsciiString lowerCase(String text) {
    byte[] octets = octets("(" + text + ")");
    return texts.lowerCase(octets, 1, octets.length - 1);
  }

  @Test
  void aRepeatedTextIsTheSameObject() {
    AsciiString first = text("no-cache");
    assertEquals("no-cache", first.toString());
    assertSame(first, text("no-cache"));
    AsciiString name = lowerCase("Cache-Control");
    assertEquals("cache-control", name.toString());
    assertSame(name, lowerCase("Cache-Control"));
  }

  @Test
  void aTextDoesNotChangeWithTheOctetsThatItWasReadFrom() {
    byte[] octets = octets("abc");
    AsciiString text = texts.text(octets, 0, 3);
    octets[0] = 'x';
    assertEquals("abc", text.toString());
    assertEquals("xbc", texts.text(octets, 0, 3).toString());
  }

  @Test
  void theCaseOfAValueStays() {
    for (String value : new String[] {"a", "A", "a", "A"}) {
      assertEquals(value, text(value).toString());
      assertEquals("a", lowerCase(value).toString());
    }
  }

  /** More texts than there are places: each place has held several. */
  @Test
  void noTextIsTakenForAnother() {
    for (int round = 0; round < 2; round++) {
      for (int number = 0; number < 3_000; number++) {
        assertEquals("Value-" + number, text("Value-" + number).toString());
        assertEquals("name-" + number, lowerCase("Name-" + number).toString());
      }
    }
  }

  @Test
  void textsOfTheSamePlaceReplaceEachOther() {
    AsciiString first = text("Aa");
    assertEquals("BB", text("BB").toString()); // the same hash
    assertEquals("Aa", text("Aa").toString());
    assertNotSame(first, text("Aa"));
  }

  @Test
  void aLongTextIsNotKept() {
    String text = "x".repeat(65);
    assertEquals(text, text(text).toString());
    assertNotSame(text(text), text(text));
    assertEquals(text, lowerCase("X".repeat(65)).toString());
    assertSame(text("x".repeat(64)), text("x".repeat(64)));
  }

  @Test
  void anEmptyTextIsOneToo() {
    assertEquals("", text("").toString());
    assertSame(text(""), text(""));
  }
}
