// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Large files, each with one kind of content: loading takes linear time. */
final class LargeFileTest {
  /** Linear time is about 1 s; quadratic time was 15 s and more. */
  private static final Duration LINEAR = Duration.ofSeconds(10);

  /** Enough that quadratic time is noticed. Leaves space for the lines that every file needs. */
  private static final int BYTES = (4 << 20) - 1000;

  @TempDir Path directory;

  static Stream<Arguments> files() {
    return Stream.of(
        arguments("a comment of one line", "--" + "x".repeat(BYTES)),
        arguments("a long comment", "--[==[" + repeat(i -> "] ]] abc\n") + "]==]"),
        arguments("comments", repeat(i -> "-- abc\n")),
        arguments("blank lines", "\n".repeat(BYTES)),
        arguments("a string", "local x = '" + "x".repeat(BYTES) + "'"),
        arguments("a string of escapes", "local x = '" + "\\n".repeat(BYTES / 2) + "'"),
        arguments("a long string", "local x = [==[" + repeat(i -> "] ]] abc\n") + "]==]"),
        arguments("a name", "local " + "x".repeat(BYTES) + " = 1"),
        arguments("a numeral", "local x = " + "1".repeat(BYTES)),
        arguments("short strings", "local x = {" + repeat(i -> "'abc',", BYTES / 6) + "}"),
        arguments("blocks in blocks", repeat(i -> "do ".repeat(100) + "end ".repeat(100))),
        arguments(
            "tables in tables",
            "local x " + repeat(i -> "x=" + "{".repeat(100) + "}".repeat(100) + "\n", BYTES / 8)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void aProblemBehindItIsReportedWithItsLine(String what, String source) {
    int line = 2 + (int) source.chars().filter(c -> c == '\n').count();
    List<String> problems =
        assertTimeoutPreemptively(
            LINEAR,
            () -> file(source, "loops = 0", ConfigFile.LISTEN, ConfigFile.BACKENDS).problems());
    assertEquals(1, problems.size(), problems::toString);
    assertTrue(
        problems.get(0).startsWith("backends.lua:" + line + ": loops: "), problems::toString);
  }

  static Stream<Arguments> manyProblems() {
    String rest = ConfigFile.LISTEN + "\n" + ConfigFile.BACKENDS;
    return Stream.of(
        arguments("globals that are no keys", repeat(i -> "key" + i + " = 1\n", BYTES / 4) + rest),
        arguments(
            "unknown keys", "limits = {" + repeat(i -> "k" + i + " = 1,", BYTES / 4) + "}" + rest),
        arguments("entries without a key", "timeouts = {" + "1,".repeat(100_000) + "}" + rest),
        arguments(
            "wrong addresses",
            ConfigFile.LISTEN + " backends = {" + "'a b',".repeat(65_000) + "}"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void manyProblems(String what, String source) {
    List<String> problems = assertTimeoutPreemptively(LINEAR, () -> file(source).problems());
    assertEquals(Problems.MAX_LISTED + 1, problems.size());
  }

  private ConfigFile file(String... lines) {
    return ConfigFile.in(directory, String.join("\n", lines).getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String repeat(IntFunction<String> part) {
    return repeat(part, BYTES);
  }

  private static String repeat(IntFunction<String> part, int bytes) {
    var text = new StringBuilder(bytes);
    for (int i = 0; ; i++) {
      String next = part.apply(i);
      if (text.length() + next.length() > bytes) {
        return text.toString();
      }
      text.append(next);
    }
  }
}
