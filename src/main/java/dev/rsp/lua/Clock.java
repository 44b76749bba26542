// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.function.LongSupplier;

/**
 * What a script's time is measured by.
 *
 * @param wallNanos the time that passes
 * @param processorNanos the time that the processor has spent on the calling thread
 */
record Clock(LongSupplier wallNanos, LongSupplier processorNanos) {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** The machine's own. Where the JVM cannot tell what a thread took, all time counts. */
  static final Clock SYSTEM =
      new Clock(
          System::nanoTime,
          THREADS.isCurrentThreadCpuTimeSupported() && THREADS.isThreadCpuTimeEnabled()
              ? THREADS::getCurrentThreadCpuTime
              : System::nanoTime);
}
