// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.rsp.metrics.Figures;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/** Reads what the process uses, by the names that Prometheus' client libraries have for it. */
final class ProcessFigures {
  private static final double MILLIS_PER_SECOND = 1000;

  private ProcessFigures() {}

  static void addTo(Figures figures) {
    figures.gauge(
        "process_start_time_seconds",
        "When the process was started, in seconds since 1970.",
        ManagementFactory.getRuntimeMXBean().getStartTime() / MILLIS_PER_SECOND);
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
      figures.count(
          "process_cpu_seconds",
          "CPU time of the process.",
          system.getProcessCpuTime() / (double) TimeUnit.SECONDS.toNanos(1));
      figures.gauge("process_open_fds", "Open descriptors.", system.getOpenFileDescriptorCount());
      figures.gauge(
          "process_max_fds", "The limit of descriptors.", system.getMaxFileDescriptorCount());
    }
  }
}
