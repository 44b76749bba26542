// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.function.LongSupplier;

/**
 * The clocks that measure a script's time.
 *
 * @param wallNanos elapsed time
 * @param processorNanos processor time of the calling thread
 */
record Clock(LongSupplier wallNanos, LongSupplier processorNanos) {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /**
   * The system's clocks. If the JVM cannot measure a thread's processor time, elapsed time counts.
   */
  static final Clock SYSTEM =
      new Clock(
          System::nanoTime,
          THREADS.isCurrentThreadCpuTimeSupported() && THREADS.isThreadCpuTimeEnabled()
              ? THREADS::getCurrentThreadCpuTime
              : System::nanoTime);
}
