// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

final class LoggingTest {
  @Test
  void isFoundWithoutAFile() {
    var context = assertInstanceOf(LoggerContext.class, LoggerFactory.getILoggerFactory());
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    assertInstanceOf(LineAppender.class, root.getAppender("stdout"));
  }

  @Test
  void hearsOnlyTheWarningsOfNetty() {
    assertTrue(InternalLoggerFactory.getInstance("io.netty.test").isWarnEnabled());
    assertFalse(InternalLoggerFactory.getInstance("io.netty.test").isInfoEnabled());
    var netty = (Logger) LoggerFactory.getLogger("io.netty");
    assertEquals(Level.WARN, netty.getEffectiveLevel());
  }

  @Test
  void isSilentForATime() {
    org.slf4j.Logger any = LoggerFactory.getLogger("dev.rsp.any");
    Logging.Silence silence = Logging.silence();
    assertFalse(any.isErrorEnabled());
    silence.close();
    assertTrue(any.isErrorEnabled());
  }

  @Test
  void knowsTheJournalByItsInode(@TempDir Path directory) throws IOException {
    Path stream = Files.createFile(directory.resolve("stream"));
    Path other = Files.createFile(directory.resolve("other"));
    String journal =
        Files.getAttribute(stream, "unix:dev") + ":" + Files.getAttribute(stream, "unix:ino");
    assertTrue(Logging.isJournal(journal, stream));
    assertFalse(Logging.isJournal(journal, other), "another stream");
    assertFalse(Logging.isJournal(null, stream), "no journal");
    assertFalse(Logging.isJournal("8:", stream), "half a name");
    assertFalse(Logging.isJournal(journal, directory.resolve("none")), "no stream");
  }
}
