// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaValue;

/** A path in the file. */
final class PathKey {
  private PathKey() {}

  /**
   * The absolute path; null if it is not one in visible characters. A relative path is resolved
   * against the directory of the configuration file.
   */
  static @Nullable Path parsed(LuaValue value, Problems problems) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    if (text.isEmpty() || !Syntax.isVisible(text)) {
      return null;
    }
    try {
      return Path.of(problems.file()).toAbsolutePath().resolveSibling(text).normalize();
    } catch (InvalidPathException e) {
      return null;
    }
  }
}
