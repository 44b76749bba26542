// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

/** The options that were given before the name of a command. */
interface ParentOptions {
  /** The name in the option {@code --transport}, or else its default. */
  String transportName();
}
