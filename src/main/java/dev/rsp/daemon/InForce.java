// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.journal.SeenHost;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which configuration is in force.
 *
 * @param generation 1 for that of the start, and one more for each reload
 * @param since when it was loaded
 * @param config the configuration
 * @param fromFile the same without the overrides of operators
 */
record InForce(long generation, Instant since, Config config, Config fromFile) {
  /** That of the start. */
  static InForce first(Config config, Config fromFile) {
    return new InForce(1, Instant.now(), config, fromFile);
  }

  /** The state that the file gives a slot. */
  Slot.State fileState(Slot slot) {
    return fromFile.slots().get(slot.index() - 1).state();
  }

  /** The address of a slot by its name; of another text, itself, because it is an address then. */
  @Nullable String addressOf(String name) {
    for (Slot slot : config.slots()) {
      if (slot.name().equals(name)) {
        Place place = slot.place();
        return place == null ? null : place.text();
      }
    }
    return name.equals(SeenHost.UNKNOWN_SLOT) ? null : name;
  }

  /** The next one. */
  InForce followedBy(Config newer, Config newerFromFile) {
    return new InForce(generation + 1, Instant.now(), newer, newerFromFile);
  }

  /** For log lines: {@code generation=2 since=2026-11-27T14:24:52Z digest=0a1b2c3d}. */
  String text() {
    return "generation=%d since=%s digest=%s"
        .formatted(
            generation, since.truncatedTo(ChronoUnit.SECONDS), config.program().fingerprint());
  }

  /** The same, and whether the file has changed since. Reads the file. */
  String comparedWith(Path file) {
    return text() + " file=" + file + " " + difference(file);
  }

  private String difference(Path file) {
    try {
      boolean same = Arrays.equals(ConfigLoader.read(file), config.program().source());
      return same ? "file_differs=no" : "file_differs=yes";
    } catch (ConfigException e) {
      return "file_differs=unknown: " + String.join("; ", e.problems());
    }
  }
}
