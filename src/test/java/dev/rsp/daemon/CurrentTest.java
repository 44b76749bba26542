// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a part of the daemon goes through while configurations are applied. */
@Timeout(20)
final class CurrentTest {
  @TempDir private Path directory;

  private final List<String> steps = new ArrayList<>();
  private final Part current = new Part();
  private @Nullable Config config;

  /** A part that is a text; it serves all configurations that ask for the same text. */
  private final class Part extends Current<String> {
    @Nullable String wanted;
    boolean fails;

    Part() {
      super("part");
    }

    @Override
    @Nullable String find(Config newer, @Nullable String now) throws ConfigException {
      if (fails) {
        throw new ConfigException(List.of("part: cannot be opened"));
      }
      boolean serves = wanted != null && wanted.equals(now);
      if (serves || wanted == null) {
        return serves ? now : null;
      }
      return String.valueOf(wanted.toCharArray()); // another object
    }

    @Override
    void begin(String part, Config newer) {
      steps.add("begin " + part);
    }

    @Override
    void end(String part) {
      steps.add("end " + part);
    }
  }

  @BeforeEach
  void load() throws Exception {
    Path file = directory.resolve("backends.lua");
    Files.writeString(file, "listen = \"127.0.0.1:8080\"\nbackends = { \"127.0.0.1:9\" }\n");
    config = ConfigLoader.load(file);
  }

  private Config config() {
    return Objects.requireNonNull(config);
  }

  private void open(@Nullable String wanted) throws ConfigException {
    current.wanted = wanted;
    current.open(config());
  }

  @Test
  void aPartIsEndedAfterItsSuccessorHasBegun() throws Exception {
    open("a");
    assertNull(current.used(), "it is only open");
    assertEquals("a", current.opened());
    current.use(config());
    assertNull(current.opened());
    open("b");
    assertEquals("a", current.used(), "the part before stays in use");
    current.use(config());
    assertEquals("b", current.used());
    assertEquals(List.of("begin a", "begin b", "end a"), steps);
  }

  @Test
  void aPartThatServesTheNextConfigurationTooIsNotEnded() throws Exception {
    open("a");
    current.use(config());
    String first = current.used();
    open("a");
    current.discard();
    open("a");
    current.use(config());
    assertSame(first, current.used());
    assertEquals(List.of("begin a", "begin a"), steps);
  }

  @Test
  void whatIsNotUsedIsEndedOnce() throws Exception {
    open("a");
    current.use(config());
    open("b");
    current.discard();
    current.discard();
    assertEquals("a", current.used());
    assertEquals(List.of("begin a", "end b"), steps);
  }

  @Test
  void whatCannotBeOpenedLeavesNothingToDiscard() throws Exception {
    open("a");
    current.use(config());
    current.fails = true;
    assertThrows(ConfigException.class, () -> open("b"));
    current.discard();
    assertEquals("a", current.used());
    assertEquals(List.of("begin a"), steps);
  }

  @Test
  void aConfigurationWithoutThePartEndsIt() throws Exception {
    open("a");
    current.use(config());
    open(null);
    current.use(config());
    assertNull(current.used());
    current.close();
    assertEquals(List.of("begin a", "end a"), steps);
  }

  @Test
  void aStopEndsThePartInUse() throws Exception {
    open("a");
    current.use(config());
    current.close();
    current.close();
    assertNull(current.used());
    assertEquals(List.of("begin a", "end a"), steps);
  }
}
