// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(10)
final class NearTokenTest {
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "x = { 'a:1' 'b:2' }              | '}' expected near ''b:2''",
        "x = { \"a:1\" \"b:2\" }          | '}' expected near '\"b:2\"'",
        "x = { a = 1 b = 2 }              | '}' expected near 'b'",
        "x = (1                           | ')' expected near the end of the file",
        "x 5                              | syntax error near '5'",
        "if x = 1 then end                | 'then' expected near '='",
        "if x then y() fi end             | syntax error near 'end'",
        "for i = 1 do end                 | ',' expected near 'do'",
        "x = 3..2                         | malformed number near '3..2'",
        "x = \u201c127.0.0.1:80\u201d     | a typographic quote (expected: \"), U+201C",
        "x = \u2018a\u2019                | a typographic quote (expected: '), U+2018",
        "x = 5 \u2013 3                   | a typographic dash (expected: -), U+2013",
        "x\u00a0= 5                       | a no-break space (expected: a space), U+00A0",
        "\u4e2d = 5                       | a character outside of strings that is not ASCII, U+4E2D",
      })
  void namesTheTokenAtWhichCompilingFailed(String source, String message) {
    ScriptException e =
        assertThrows(
            ScriptException.class,
            () ->
                Program.compile(
                    "f.lua",
                    (source + (source.endsWith("(1") ? "" : "\n"))
                        .getBytes(StandardCharsets.UTF_8)));
    assertEquals("f.lua:1: " + message, e.message());
  }
}
