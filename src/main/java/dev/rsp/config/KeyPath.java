// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The path of a value in the file, in Lua syntax: {@code backends[2].address}.
 *
 * @param parent the enclosing value; null for a global
 * @param segment a key, or an index in brackets
 */
record KeyPath(@Nullable KeyPath parent, String segment) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final Pattern INDEX = Pattern.compile("\\[-?[0-9]+]");

  static KeyPath global(String name) {
    return new KeyPath(null, name);
  }

  KeyPath key(String key) {
    return new KeyPath(this, key);
  }

  KeyPath index(int index) {
    return new KeyPath(this, indexSegment(index));
  }

  static String indexSegment(int index) {
    return "[" + index + "]";
  }

  @Override
  public String toString() {
    if (parent == null && NAME.matcher(segment).matches()) {
      return segment;
    }
    String around = parent == null ? "_ENV" : parent.toString();
    if (INDEX.matcher(segment).matches()) {
      return around + segment;
    }
    return NAME.matcher(segment).matches()
        ? around + "." + segment
        : around + "[" + ValueText.quoted(segment) + "]";
  }
}
