// SPDX-License-Identifier: Apache-2.0
package dev.rsp.manual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
final class RoffTest {
  @Test
  void theHeadNamesThePageInCapitals() {
    assertTrue(
        page()
            .toString()
            .contains("\n.TH \"BACKENDS.LUA\" 5 2026-11-27 \"rsp 1.0\" \"File Formats\"\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--live | \\-\\-live",
        "a\\b   | a\\eb",
        "it's   | it\\(aqs",
        "`~^    | \\(ga\\(ti\\(ha",
        "2 × 3  | 2 \\[u00D7] 3",
        ".PP    | \\&.PP"
      })
  void whatRoffWouldReadAsItsOwnIsEscaped(String text, String roff) {
    assertEquals(roff + "\n", added(page().text(text)));
  }

  @Test
  void aQuoteInAHeadingDoesNotEndIt() {
    assertEquals(".SS \"say \\(dqno\\(dq\"\n", added(page().subsection("say \"no\"")));
  }

  @Test
  void longTextIsInLinesOfTheSource() {
    String text = "word ".repeat(40).strip();
    String lines = added(page().text(text));
    assertEquals(text, lines.strip().replace('\n', ' '));
    assertTrue(lines.lines().allMatch(line -> line.length() <= 80), lines);
  }

  @Test
  void anExampleKeepsItsSpacesAndEmptyLines() {
    assertEquals(
        ".PP\n.in +4n\n.nf\na  b\n\\&\nc\n.fi\n.in\n", added(page().example("a  b\n\nc\n")));
  }

  @Test
  void anExampleBehindAHeadingIsNoOtherParagraph() {
    assertEquals(
        ".SH \"EXAMPLE\"\n.in +4n\n.nf\na\n.fi\n.in\n",
        added(page().section("Example").example("a\n")));
  }

  private static Roff page() {
    return new Roff("backends.lua", "5", "2026-11-27", "rsp 1.0", "File Formats");
  }

  private static String added(Roff page) {
    return page.toString().substring(page().toString().length());
  }
}
