// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;

/**
 * What a script says of something that needs its permission.
 *
 * @param allowed false if the script failed
 * @param error why the script failed, as {@code file:line: reason}; null if it did not
 */
public record Permission(boolean allowed, @Nullable String error) {
  static Permission of(boolean allowed) {
    return new Permission(allowed, null);
  }

  static Permission failed(String error) {
    return new Permission(false, error);
  }
}
