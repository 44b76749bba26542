// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import org.jspecify.annotations.Nullable;

/** Looks whether an address could be listened on, while the file that names it is checked. */
@FunctionalInterface
public interface ListenCheck {
  /** For files that are going to be served by, or that something is served by already. */
  ListenCheck NONE = address -> null;

  /** Why it could not be, or null. May block. */
  @Nullable String problem(ListenAddress address);
}
