// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** What systemd is told: sd_notify(3). */
@Timeout(20)
final class ServiceManagerTest {
  @TempDir private Path directory;

  private static Socket bound(String path) throws IOException {
    Epoll.ensureAvailability();
    Socket server = Socket.newSocketDomainDgram();
    server.bind(new DomainSocketAddress(path));
    return server;
  }

  private static String receive(Socket server) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    byte[] bytes = new byte[Math.max(0, server.read(buffer, 0, buffer.capacity()))];
    buffer.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void isToldOfEachState() throws IOException {
    String path = directory.resolve("notify").toString();
    Socket server = bound(path);
    try {
      ServiceManager manager = ServiceManager.of(Map.of("NOTIFY_SOCKET", path));
      manager.ready("serves\n1");
      assertEquals("READY=1\nSTATUS=serves 1", receive(server));
      manager.reloading();
      String reloading = receive(server);
      assertTrue(reloading.matches("RELOADING=1\nMONOTONIC_USEC=\\d+"), reloading);
      manager.stopping();
      assertEquals("STOPPING=1\nSTATUS=drains", receive(server));
      manager.alive();
      assertEquals("WATCHDOG=1", receive(server));
    } finally {
      server.close();
    }
  }

  @Test
  void isReachedUnderAnAbstractName() throws IOException {
    String name = "rsp-test-" + UUID.randomUUID();
    Socket server = bound("\0" + name);
    try {
      ServiceManager.of(Map.of("NOTIFY_SOCKET", "@" + name)).ready("x");
      assertEquals("READY=1\nSTATUS=x", receive(server));
    } finally {
      server.close();
    }
  }

  @Test
  void isNotMissed() throws IOException {
    ServiceManager.of(Map.of()).ready("x");
    ServiceManager.of(Map.of("NOTIFY_SOCKET", "")).ready("x");
    Path path = directory.resolve("notify");
    ServiceManager.of(Map.of("NOTIFY_SOCKET", path.toString())).ready("x");
    Socket server = bound(path.toString());
    ServiceManager manager = ServiceManager.of(Map.of("NOTIFY_SOCKET", path.toString()));
    server.close();
    Files.delete(path);
    manager.ready("x");
    manager.alive();
  }

  @Test
  void aSocketThatDoesNotWorkIsAWarningWithItsReasonOnlyWhenAskedFor() {
    Logger logger = (Logger) LoggerFactory.getLogger(ServiceManager.class);
    var logged = new ListAppender<ILoggingEvent>();
    logged.start();
    logger.addAppender(logged);
    try {
      String path = directory.resolve("missing").toString();
      ServiceManager manager = ServiceManager.of(Map.of("NOTIFY_SOCKET", path));
      assertEquals(List.of(), logged.list, "the first line of the log comes first");
      manager.logIfUnknown();
      ServiceManager.of(Map.of()).logIfUnknown();
      assertEquals(1, logged.list.size());
      String line = logged.list.get(0).getFormattedMessage();
      assertTrue(line.matches(".*: NOTIFY_SOCKET: [A-Z][A-Za-z ]+"), line);
    } finally {
      logger.detachAppender(logged);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "30000000, , 15000",
    "30000000, self, 15000",
    "30000000, 1, 0",
    "x, , 0",
    ", , 0",
  })
  void isToldOfLifeTwiceInItsTime(String micros, String pid, long everyMillis) throws IOException {
    String path = directory.resolve("notify").toString();
    Socket server = bound(path);
    try {
      Map<String, String> environment = new HashMap<>(Map.of("NOTIFY_SOCKET", path));
      if (micros != null) {
        environment.put("WATCHDOG_USEC", micros);
      }
      if (pid != null) {
        String own = Long.toString(ProcessHandle.current().pid());
        environment.put("WATCHDOG_PID", pid.equals("self") ? own : pid);
      }
      assertEquals(everyMillis, ServiceManager.of(environment).aliveEveryMillis());
    } finally {
      server.close();
    }
  }
}
