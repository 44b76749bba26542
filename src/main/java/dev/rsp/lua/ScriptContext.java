// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of the configuration that a script can read, available once the configuration is loaded.
 *
 * @param slots the entries of {@code backends}, in order
 * @param existsBelow the absolute directories in which {@code exists} may test for files
 * @param hashing the slots that {@code hash.rendezvous} and similar functions choose from; null if
 *     they must fail
 */
public record ScriptContext(List<SlotView> slots, List<Path> existsBelow, @Nullable Slots hashing) {
  /** The context of a file without slots. */
  public static final ScriptContext NONE = new ScriptContext(List.of(), List.of(), null);

  public ScriptContext {
    slots = List.copyOf(slots);
    existsBelow = List.copyOf(existsBelow);
  }
}
