// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Configures the log: one line per event to standard output, at INFO and above. If that is the
 * systemd journal, an event is an entry with fields instead.
 *
 * <p>{@link LogProvider} uses it; without the launcher, Logback loads it as a service when the
 * first logger is created. The environment variable {@code RSP_LOG_LEVEL} sets the level: debug,
 * info, warn or error. If the system property {@code logback.configurationFile} is set, Logback
 * reads that file instead.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class Logging extends ContextAwareBase implements Configurator {
  private static final String APPENDER = "stdout";

  /** Logback's own property, which names a file in its format. */
  private static final String OWN_FILE = "logback.configurationFile";

  /** Called by Logback. */
  public Logging() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    if (hasOwnFile()) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY; // the operator's own file decides
    }
    Map<String, String> environment = System.getenv();
    // Not System.out, which hides errors: lost lines must be counted.
    LineAppender appender =
        appender(
            environment.get("JOURNAL_STREAM"),
            Path.of("/proc/self/fd/1"),
            new FileOutputStream(FileDescriptor.out),
            JournalSocket.PATH);
    appender.setContext(context);
    appender.setName(APPENDER);
    appender.start();
    Runtime.getRuntime().addShutdownHook(new Thread(appender::flush, "log-flush"));

    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.toLevel(environment.get("RSP_LOG_LEVEL"), Level.INFO));
    root.addAppender(appender);
    // Netty logs its setup at INFO and DEBUG, which does not help an operator.
    context.getLogger("io.netty").setLevel(Level.WARN);
    // It tells of each nonce that a CA does not take, which is as it should be.
    context.getLogger("org.shredzone.acme4j").setLevel(Level.WARN);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /**
   * Waits until all earlier lines are written, at most one second. A normal exit does this
   * automatically; call it before {@link Runtime#halt}.
   */
  public static void flush() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context
        && context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).getAppender(APPENDER)
            instanceof LineAppender appender) {
      appender.flush();
    }
  }

  /** Discards all log lines until the result is closed: for commands whose output programs read. */
  public static Silence silence() {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return () -> {};
    }
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level before = root.getLevel();
    root.setLevel(Level.OFF);
    return () -> root.setLevel(before);
  }

  /** A period without log output. */
  public interface Silence extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * An appender for the standard output: entries with fields if that is the systemd journal, else
   * lines.
   *
   * @param deviceAndInode the variable JOURNAL_STREAM
   * @param stream what the standard output is
   * @param out writes to it
   * @param journalSocket where the journal takes entries
   */
  static LineAppender appender(
      @Nullable String deviceAndInode, Path stream, OutputStream out, String journalSocket) {
    return isJournal(deviceAndInode, stream)
        ? new LineAppender(LineFormat.journal(), out, new JournalSocket(journalSocket))
        : new LineAppender(LineFormat.terminal(ZoneId.systemDefault()), out);
  }

  /** Whether the operator has named a file of Logback's format. */
  static boolean hasOwnFile() {
    return System.getProperty(OWN_FILE) != null;
  }

  /** Whether the stream is the systemd journal's socket: systemd.exec(5), JOURNAL_STREAM. */
  static boolean isJournal(@Nullable String deviceAndInode, Path stream) {
    if (deviceAndInode == null) {
      return false;
    }
    try {
      Object device = Files.getAttribute(stream, "unix:dev");
      Object inode = Files.getAttribute(stream, "unix:ino");
      return deviceAndInode.equals(device + ":" + inode);
    } catch (IOException | UnsupportedOperationException e) {
      return false; // no /proc, so no systemd
    }
  }
}
