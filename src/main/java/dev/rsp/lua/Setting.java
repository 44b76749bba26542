// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a script is told of the configuration that it belongs to, once that has been read.
 *
 * @param slots what {@code backends} shows, in order
 * @param existsBelow the absolute directories in which {@code exists} looks
 * @param hashing what {@code hash.rendezvous} and its kin choose from; null if they are to fail
 */
public record Setting(List<ShownSlot> slots, List<Path> existsBelow, @Nullable Slots hashing) {
  /** That of a file without slots. */
  public static final Setting NONE = new Setting(List.of(), List.of(), null);

  public Setting {
    slots = List.copyOf(slots);
    existsBelow = List.copyOf(existsBelow);
  }
}
