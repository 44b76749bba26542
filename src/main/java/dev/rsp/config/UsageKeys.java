// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.usage.UsageSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Reads and checks {@code usage}. */
final class UsageKeys {
  static final String USAGE = "usage";

  static final String PATH = "path";
  static final NumberKey HOSTS =
      NumberKey.count("hosts", UsageSettings.DEFAULT_HOSTS, 1, UsageSettings.MAX_HOSTS, "hosts");
  static final NumberKey KEEP_DAYS =
      NumberKey.count(
          "keep_days", UsageSettings.DEFAULT_KEEP_DAYS, 1, UsageSettings.MAX_KEEP_DAYS, "days");
  static final List<String> ALL = List.of(PATH, HOSTS.name(), KEEP_DAYS.name());

  private static final String FOLDER = "the path of a folder in visible characters";

  private final Problems problems;

  UsageKeys(Problems problems) {
    this.problems = problems;
  }

  /** The settings; null if the key is not set. */
  @Nullable UsageSettings read(LuaValue value) {
    KeyPath path = KeyPath.global(USAGE);
    if (value.isnil()) {
      return null;
    }
    boolean isTable = value instanceof LuaTable;
    Section section = Section.of(path, isTable ? value : LuaValue.NIL, problems);
    section.rejectUnknownKeys(ALL);
    Path folder = isTable ? folder(path.key(PATH), section.get(PATH)) : folder(path, value);
    int hosts = (int) section.number(HOSTS);
    int days = (int) section.number(KEEP_DAYS);
    return folder == null ? null : new UsageSettings(folder, hosts, days);
  }

  /** A relative path is resolved against the directory of the configuration file. */
  private @Nullable Path folder(KeyPath path, LuaValue value) {
    Path folder = PathKey.parsed(value, problems);
    if (folder == null) {
      problems.add(path, value, FOLDER);
      return null;
    }
    Path parent = folder.getParent();
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      problems.add(path, value, "a folder, not a file");
    } else if (!Files.exists(folder) && parent != null && !Files.isDirectory(parent)) {
      problems.warn(path, "there is no folder " + parent + ", so a start or a reload fails");
    }
    return folder;
  }
}
