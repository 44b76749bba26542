// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import org.jspecify.annotations.Nullable;

/** Checks whether rsp can listen on an address, while a configuration file is checked. */
@FunctionalInterface
public interface ListenCheck {
  /** Accepts every address: for files that are about to be activated or are active. */
  ListenCheck NONE = address -> null;

  /** The reason why rsp cannot listen there, or null. May block. */
  @Nullable String problem(ListenAddress address);
}
