// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The log below systemd: entries with fields, in the journal's native protocol. */
@Timeout(60)
final class JournalEntryTest {
  @TempDir private Path directory;

  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private Path stream;
  private Path path;
  private Socket journal;
  private LineAppender appender = new LineAppender(LineFormat.journal(), lines);

  @BeforeEach
  void listen() throws IOException {
    Epoll.ensureAvailability();
    stream = Files.createFile(directory.resolve("stream"));
    path = directory.resolve("socket");
    journal = bound();
  }

  @AfterEach
  void close() throws IOException {
    journal.close();
  }

  private Socket bound() throws IOException {
    Socket socket = Socket.newSocketDomainDgram();
    socket.bind(new DomainSocketAddress(path.toString()));
    return socket;
  }

  private String deviceAndInode(Path file) throws IOException {
    return Files.getAttribute(file, "unix:dev") + ":" + Files.getAttribute(file, "unix:ino");
  }

  /** A logger of a process whose standard output is {@link #stream}. */
  private Logger logger(@Nullable String deviceAndInode) {
    appender = Logging.appender(deviceAndInode, stream, lines, path.toString());
    var context = new LoggerContext();
    appender.setContext(context);
    appender.start();
    Logger logger = context.getLogger("dev.rsp.Test");
    logger.setLevel(Level.DEBUG);
    logger.addAppender(appender);
    return logger;
  }

  /** A flush returns when all is written, or after a second; slow machines may need more. */
  private void awaitWritten() {
    for (int i = 0; i < 10; i++) {
      appender.flush();
    }
  }

  private String written() {
    awaitWritten();
    return lines.toString(StandardCharsets.UTF_8);
  }

  /** The fields of the next entry; none if there is none. */
  private Map<String, String> entry() throws IOException {
    awaitWritten();
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
    int length = journal.read(buffer, 0, buffer.capacity());
    return length <= 0 ? Map.of() : fields(buffer.limit(length).order(ByteOrder.LITTLE_ENDIAN));
  }

  /** Parses as "Native Journal Protocol" of systemd says. */
  private static Map<String, String> fields(ByteBuffer datagram) {
    Map<String, String> fields = new LinkedHashMap<>();
    while (datagram.hasRemaining()) {
      StringBuilder name = new StringBuilder();
      char c = (char) datagram.get();
      for (; c != '=' && c != '\n'; c = (char) datagram.get()) {
        name.append(c);
      }
      String value = c == '=' ? untilLineFeed(datagram) : ofLength(datagram);
      assertNull(fields.put(name.toString(), value), name + " twice");
    }
    return fields;
  }

  private static String untilLineFeed(ByteBuffer datagram) {
    var bytes = new ByteArrayOutputStream();
    for (byte b = datagram.get(); b != '\n'; b = datagram.get()) {
      bytes.write(b);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static String ofLength(ByteBuffer datagram) {
    byte[] bytes = new byte[(int) datagram.getLong()];
    datagram.get(bytes);
    assertEquals('\n', datagram.get());
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void anEventIsAnEntryWithTheKeysOfItsPatternAsFields() throws IOException {
    logger(deviceAndInode(stream))
        .warn("backend failed slot={} by=\"{}\" after={}ms: {}", "live2", "uid=0", 7, "x=\u00e9");
    assertEquals(
        Map.ofEntries(
            Map.entry("MESSAGE", "backend failed slot=live2 by=\"uid=0\" after=7ms: x=\u00e9"),
            Map.entry("PRIORITY", "4"),
            Map.entry("SYSLOG_IDENTIFIER", "rsp"),
            Map.entry("SYSLOG_FACILITY", "3"),
            Map.entry("LOGGER", "dev.rsp.Test"),
            Map.entry("THREAD_NAME", Thread.currentThread().getName()),
            Map.entry("RSP_SLOT", "live2"),
            Map.entry("RSP_BY", "uid=0"),
            Map.entry("RSP_AFTER", "7")),
        entry());
    assertEquals("", written(), "nothing is logged twice");
  }

  @Test
  void eachLevelHasItsPriority() throws IOException {
    Logger log = logger(deviceAndInode(stream));
    log.error("e");
    log.warn("w");
    log.info("i");
    log.debug("d");
    List<String> priorities = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      priorities.add(entry().get("PRIORITY"));
    }
    assertEquals(List.of("3", "4", "6", "7"), priorities);
  }

  @Test
  void pairsOfAnEventAreFieldsBesideItsText() throws IOException {
    String key = "a-long.Key" + "x".repeat(100);
    logger(deviceAndInode(stream))
        .atInfo()
        .addKeyValue("generation", 5)
        .addKeyValue(key, (Object) null)
        .log("in force {}", "generation=5");
    Map<String, String> entry = entry();
    assertEquals("in force generation=5", entry.get("MESSAGE"));
    assertEquals("5", entry.get("RSP_GENERATION"));
    String name = "RSP_A_LONG_KEY" + "X".repeat(50);
    assertEquals(64, name.length(), "the journal takes no longer name");
    assertEquals("null", entry.get(name));
  }

  @Test
  void textOfAPeerForgesNeitherAFieldNorALine() throws IOException {
    logger(deviceAndInode(stream))
        .info("host={}: {}", "a\nRSP_SLOT=live1\nPRIORITY=0\n\u001b[2J", "slot=live1");
    Map<String, String> entry = entry();
    assertEquals("6", entry.get("PRIORITY"));
    assertNull(entry.get("RSP_SLOT"));
    assertEquals("a\\nRSP_SLOT=live1\\nPRIORITY=0\\n\\x1b[2J", entry.get("RSP_HOST"));
  }

  @Test
  void placeholdersWithoutKeyAndMissingArgumentsGiveNoField() throws IOException {
    Logger log = logger(deviceAndInode(stream));
    log.info("{}", "first");
    log.info("\"{}\" ={} slot={} host={}", "quoted", "nameless", "live1");
    log.info((String) null);
    assertEquals(6, entry().size());
    Map<String, String> second = entry();
    assertEquals("live1", second.get("RSP_SLOT"));
    assertFalse(second.containsKey("RSP_HOST"), "it has no argument");
    assertEquals("null", entry().get("MESSAGE"));
  }

  @Test
  void aStackTraceIsInTheMessageAndAFieldOfSeveralLines() throws IOException {
    var cause = new IllegalStateException("in\nner");
    logger(deviceAndInode(stream))
        .error("a deadline failed loop={}", 3, new IOException("outer", cause));
    Map<String, String> entry = entry();
    assertEquals("3", entry.get("RSP_LOOP"));
    assertEquals("java.io.IOException", entry.get("EXCEPTION"));
    assertTrue(
        entry
            .getOrDefault("MESSAGE", "")
            .startsWith("a deadline failed loop=3: java.io.IOException: outer; at"),
        entry.get("MESSAGE"));
    List<String> trace = entry.getOrDefault("TRACEBACK", "").lines().toList();
    assertEquals("java.io.IOException: outer", trace.get(0));
    assertTrue(
        trace.get(1).startsWith("\tat dev.rsp.log.JournalEntryTest.aStackTrace"), trace.toString());
    assertTrue(
        trace.contains("Caused by: java.lang.IllegalStateException: in\\nner"), trace.toString());
  }

  @Test
  void aStreamThatIsNotTheJournalGetsLines() throws IOException {
    Path other = Files.createFile(directory.resolve("other"));
    logger(deviceAndInode(other)).warn("slot={}", "live2");
    assertTrue(written().matches("\\[.*] WARN slot=live2\n"), written());
    assertEquals(Map.of(), entry(), "JOURNAL_STREAM was inherited, and means another stream");
    logger(null).info("no journal");
    assertTrue(written().endsWith("] no journal\n"), written());
    assertEquals(Map.of(), entry());
  }

  @Test
  void withoutASocketTheLinesHavePrioritiesUntilItListens() throws IOException {
    journal.close();
    Files.delete(path);
    Logger log = logger(deviceAndInode(stream));
    log.error("first");
    assertEquals("<3>first\n", written());
    journal = bound();
    log.error("second");
    assertEquals("second", entry().get("MESSAGE"));
    assertEquals("<3>first\n", written());
  }

  @Test
  void aRestartOfTheJournalLosesNothing() throws IOException {
    Logger log = logger(deviceAndInode(stream));
    log.info("before");
    assertEquals("before", entry().get("MESSAGE"));
    journal.close();
    Files.delete(path);
    journal = bound();
    log.info("during");
    assertEquals("during\n", written(), "the old connection is refused");
    log.info("after");
    assertEquals("after", entry().get("MESSAGE"));
  }

  @Test
  void aFullJournalGetsLinesAndNothingWaits() throws IOException {
    Logger log = logger(deviceAndInode(stream));
    int count = 2000; // more than a receiver may have in its queue: unix(7), max_dgram_qlen
    for (int i = 0; i < count; i++) {
      log.info("event {}", i);
    }
    List<String> all = new ArrayList<>(written().lines().toList());
    assertFalse(all.isEmpty(), "the queue of the receiver is not full");
    for (Map<String, String> next = entry(); !next.isEmpty(); next = entry()) {
      all.add(next.get("MESSAGE"));
    }
    assertEquals(count, all.stream().distinct().count());
    assertEquals(count, all.size());
  }

  @Test
  void anEventTooLongForADatagramIsALine() throws IOException {
    String longest = "\u0001".repeat(LineFormat.MAX_LENGTH); // four characters each when escaped
    Logger log = logger(deviceAndInode(stream));
    log.warn("a={} b={}", longest, longest);
    assertTrue(written().startsWith("<4>a=\\x01\\x01"), "no line");
    assertEquals(Map.of(), entry());
    log.warn("a={}", "short");
    assertEquals("a=short", entry().get("MESSAGE"));
  }
}
