// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import java.io.IOException;
import java.util.function.Consumer;

/** The access log of the process: each loop adds lines to its {@link LoopLog}. Any thread. */
public final class AccessLog {
  private final AccessLogSettings settings;
  private final LogWriter writer;

  private AccessLog(AccessLogSettings settings, LogWriter writer) {
    this.settings = settings;
    this.writer = writer;
  }

  /**
   * Opens the log.
   *
   * @throws IOException if its target cannot be opened
   */
  public static AccessLog open(AccessLogSettings settings) throws IOException {
    return new AccessLog(
        settings, new LogWriter(settings.target().text(), sink(settings.target())));
  }

  private static Sink sink(LogTarget target) throws IOException {
    if (target instanceof LogTarget.File file) {
      return new FileSink(file.path());
    }
    if (target instanceof LogTarget.SyslogUnix unix) {
      return SyslogSink.unix(unix.path());
    }
    if (target instanceof LogTarget.SyslogUdp udp) {
      return SyslogSink.udp(udp.host(), udp.port());
    }
    return new StdoutSink();
  }

  /** What it was opened with. */
  public AccessLogSettings settings() {
    return settings;
  }

  /**
   * The part of a loop.
   *
   * @param soon runs a task on that loop, within about a second
   */
  public LoopLog forLoop(Consumer<Runnable> soon) {
    return new LoopLog(settings, writer, soon);
  }

  /** Opens its target again, because it was renamed. */
  public void reopen() {
    writer.reopen();
  }

  /** How many lines were dropped, because the target did not take them. */
  public long dropped() {
    return writer.dropped();
  }

  /** Writes what the loops have handed over, and closes the target. */
  public void close() {
    writer.close();
  }
}
