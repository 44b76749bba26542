// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.util.function.LongSupplier;

/**
 * Has Java collect what the reading of very many certificates leaves in its heap. By itself Java
 * would first let the heap grow to its limit, a quarter of the machine's memory, and then stop all
 * threads for longer. Thread-safe.
 */
final class ReadGarbage {
  /** Fewer certificates leave too little. */
  private static final int MANY_CERTIFICATES = 10_000;

  /**
   * So many bytes may be in use beside twice what a collection has left: one collection stops all
   * threads for a tenth of a second, so it must free much.
   */
  private static final long SPARE_BYTES = 64L << 20;

  private final LongSupplier usedBytes;
  private final Runnable collection;

  /** What the last collection has left. */
  private long leftBytes;

  /** That of this Java. */
  ReadGarbage() {
    this(ReadGarbage::usedBytes, System::gc);
  }

  ReadGarbage(LongSupplier usedBytes, Runnable collection) {
    this.usedBytes = usedBytes;
    this.collection = collection;
  }

  private static long usedBytes() {
    Runtime java = Runtime.getRuntime();
    return java.totalMemory() - java.freeMemory();
  }

  /** Collects it if it is much, after so many certificates were read or compared. */
  synchronized void collectAfter(int certificates) {
    if (certificates >= MANY_CERTIFICATES && usedBytes.getAsLong() > 2 * leftBytes + SPARE_BYTES) {
      collection.run();
      leftBytes = usedBytes.getAsLong();
    }
  }
}
