// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

/** Hears how far a long piece of work is. */
@FunctionalInterface
public interface Progress {
  /** Nobody listens. */
  Progress NONE = (work, done, total) -> {};

  /**
   * Some of the work is done. Called often, so it returns quickly.
   *
   * @param work what is being done, such as {@code assigning hosts by new.lua}
   * @param done how many of them
   * @param total of how many; 0 if that is not known
   */
  void at(String work, int done, int total);
}
