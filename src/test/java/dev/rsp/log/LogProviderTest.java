// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
final class LogProviderTest {
  private static final String OWN_FILE = "logback.configurationFile";

  @Test
  void logsAsLoggingSays() {
    LoggerContext context = initialized();
    assertTrue(context.isStarted());
    assertInstanceOf(LineAppender.class, root(context).getAppender("stdout"));
    assertEquals(Level.WARN, context.getLogger("io.netty").getLevel());
    assertEquals(Level.WARN, context.getLogger("org.shredzone.acme4j").getLevel());
    context.stop();
  }

  @Test
  void logsAsTheFileOfTheOperatorSays(@TempDir Path directory) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("logback.xml"),
            """
            <configuration>
              <appender name="list" class="%s" />
              <root level="ERROR"><appender-ref ref="list" /></root>
            </configuration>
            """
                .formatted(ListAppender.class.getName()));
    System.setProperty(OWN_FILE, file.toString());
    try {
      LoggerContext context = initialized();
      assertEquals(Level.ERROR, root(context).getLevel());
      assertInstanceOf(ListAppender.class, root(context).getAppender("list"));
      context.stop();
    } finally {
      System.clearProperty(OWN_FILE);
    }
  }

  private static LoggerContext initialized() {
    var provider = new LogProvider();
    provider.initialize();
    return assertInstanceOf(LoggerContext.class, provider.getLoggerFactory());
  }

  private static Logger root(LoggerContext context) {
    return context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }
}
