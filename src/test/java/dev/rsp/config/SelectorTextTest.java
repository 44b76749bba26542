// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The part of a file that can affect which slot a host gets. */
@Timeout(60)
final class SelectorTextTest {
  private static final String FIRST = "function select(r) return 1 end\n";

  /** Without the comment mark on the line with limits, the file has another select. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT 1;limits = {fields = 5} --[[;SELECT 2;--]]    | ' --[['",
        "SELECT 1;limits = {fields = 5} --[==[;SELECT 2;--]==] | ' --[==['",
        "SELECT 1;limits = {;fields = 5; } --[[;SELECT 2;--]] | ' --[['",
        "SELECT 1;limits = { --[[ five ]] fields = 5} --[[;SELECT 2;--]] | '} --[['",
        "SELECT 1;--[[;]] limits = {fields = 5};SELECT 2;--]] | ']] limits = {fields = 5}'",
        "SELECT 1;--[=[;]=] limits = {fields = 5};SELECT 2;--]=] | ']=] limits = {fields = 5}'",
      })
  void aLineThatOpensOrClosesALongCommentStays(String lines, String mark) {
    String file = lines.replaceAll("SELECT (\\d)", "function select(r) return $1 end");
    String marked = file.replace(';', '\n');
    String bare = marked.replace(mark, mark.startsWith("}") ? "}" : "");
    assertNotEquals(bare, marked);
    assertNotEquals(of(bare), of(marked));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-- a\r-- b\r-- c\n"})
  void aBlankLineInAStringStays(String before) {
    String file = before + "local s = [[a\n\nb]]\nfunction select(r) return #s end\n\n\n\n";
    assertNotEquals(of(file.replaceFirst("a\n\n", "a\n")), of(file));
  }

  @Test
  void whatPlacesNoHostIsRemoved() {
    for (String other :
        List.of(
            "limits = { connections = 5 } -- enough\n",
            "timeouts = {\n  ['idle']=7, -- as before\n}\n",
            "listen = { '127.0.0.1:80' }\n\n")) {
      assertEquals(of(FIRST), of(other + FIRST), other);
      assertEquals(of(FIRST), of(FIRST + other), other);
    }
  }

  /** LuaJ's unchanged parser needs minutes for a comment of this length. */
  @Test
  void aLongCommentTakesNoLongerThanItsLength() {
    String comment = "--[[" + "x".repeat(4 << 20) + "]]\n";
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> assertEquals(of(comment + FIRST), of("limits = {}\n" + comment + FIRST)));
  }

  private static String of(String file) {
    return SelectorText.of(file.getBytes(StandardCharsets.ISO_8859_1));
  }
}
