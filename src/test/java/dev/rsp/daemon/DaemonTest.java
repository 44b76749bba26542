// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.Eventually;
import dev.rsp.config.ConfigException;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.Transport;
import dev.rsp.worker.Worker;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Reloads that fail half-way, and that move a port from one address to another. */
@Timeout(60)
final class DaemonTest {

  @TempDir private Path directory;

  private final Logger logger = (Logger) LoggerFactory.getLogger(Daemon.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final List<Worker> loops = new ArrayList<>();
  private final ConnectionCount connections = new ConnectionCount();

  /**
   * Throws the exception with which the start of a loop fails; its argument is the loop's number.
   */
  private IntConsumer trouble = number -> {};

  /** The number of the loop that ends before it serves; 0 for none. */
  private int ended;

  private @Nullable Daemon daemon;
  private int port;

  @BeforeEach
  void prepare() throws IOException {
    logged.start();
    logger.addAppender(logged);
    port = freePort();
  }

  @AfterEach
  void stop() {
    logger.detachAppender(logged);
    if (daemon != null) {
      daemon.stop();
    }
  }

  @Test
  void aReloadThatFindsNoDescriptorsForItsLoopsLeavesAllAsItWas() throws Exception {
    start("one", 1, at("127.0.0.1"));
    trouble =
        number -> {
          if (number == 2) {
            throw new IllegalStateException("no loop", new IOException("Too many open files"));
          }
        };
    int other = freePort();
    write("two", 3, at("127.0.0.1"), "127.0.0.1:" + other);
    reload();
    assertEquals("one", served("127.0.0.1"));
    assertFalse(accepts("127.0.0.1", other));
    assertLogged("reload refused, configuration unchanged: 1 problem(s)");
    assertLogged("loops: event loop 3 of 3 cannot start: too many open files.");
    Eventually.holds(() -> hasEnded(loops.get(1)));

    trouble = number -> {};
    reload();
    assertEquals("two", served("127.0.0.1"));
    assertTrue(accepts("127.0.0.1", other));
  }

  @Test
  void theLinesAboutWhatIsInForceHaveItsGenerationAsAFieldOfTheJournal() throws Exception {
    start("one", 1, at("127.0.0.1"));
    write("two", 1, at("127.0.0.1"));
    reload();
    Files.writeString(file(), "listen = 5");
    reload();
    for (String line : List.of("in force generation=2 ", "still in force generation=2 ")) {
      assertTrue(
          logged.list.stream()
              .filter(event -> event.getFormattedMessage().startsWith(line))
              .anyMatch(
                  event -> String.valueOf(event.getKeyValuePairs()).equals("[generation=\"2\"]")),
          line);
    }
  }

  @Test
  void anErrorIsNoReasonToStopServingEither() throws Exception {
    start("one", 1, at("127.0.0.1"));
    trouble =
        number -> {
          throw new LinkageError("no such class");
        };
    write("two", 2, at("127.0.0.1"));
    reload();
    assertEquals("one", served("127.0.0.1"));
    assertLogged("reload refused, configuration unchanged: java.lang.LinkageError: no such class");
  }

  /** The worst moment: a new address is bound, and one loop serves by the new file already. */
  @Test
  void aLoopThatHasSwappedWhenAnotherFailsSwapsBackAndNewAddressesAreClosed() throws Exception {
    start("one", 1, at("127.0.0.1"));
    ended = 1;
    Path other = directory.resolve("socket");
    write("two", 2, at("127.0.0.1"), "unix:" + other);
    reload();
    assertEquals("one", served("127.0.0.1"));
    assertFalse(Files.exists(other));
    assertLogged(
        "reload refused, configuration unchanged: " + RejectedExecutionException.class.getName());

    ended = 0;
    reload();
    assertEquals("two", served("127.0.0.1"));
    assertTrue(Files.exists(other));
  }

  @Test
  void aStartWithMoreLoopsThanTheSystemAllowsSaysWhichLimitToRaise() throws Exception {
    trouble =
        number -> {
          if (number == 1) {
            throw new OutOfMemoryError("unable to create native thread: possibly out of memory");
          }
        };
    write("one", 2, at("127.0.0.1"));
    ConfigException refused = assertThrows(ConfigException.class, () -> daemon().start(() -> {}));
    assertEquals(
        List.of(
            "loops: event loop 2 of 2 cannot start: no more threads. Raise the limit (TasksMax,"
                + " ulimit -u), or set fewer loops"),
        refused.problems());
    assertFalse(accepts("127.0.0.1", port));
    Eventually.holds(() -> hasEnded(loops.get(0)));
  }

  @Test
  void aStartThatFailsLeavesNothingBehind() throws Exception {
    trouble =
        number -> {
          if (number == 1) {
            throw new IllegalStateException("no loop");
          }
        };
    write("one", 2, at("127.0.0.1"));
    assertThrows(IllegalStateException.class, () -> daemon().start(() -> {}));
    assertFalse(accepts("127.0.0.1", port));
    Eventually.holds(() -> hasEnded(loops.get(0)));
  }

  static Stream<Transport> sharing() {
    List<Transport> found = new ArrayList<>();
    if (Epoll.isAvailable()) {
      found.add(Transport.EPOLL);
    }
    if (IoUring.isAvailable()) {
      found.add(Transport.IO_URING);
    }
    assumeTrue(!found.isEmpty(), "this system has neither epoll nor io_uring");
    return found.stream();
  }

  @ParameterizedTest
  @MethodSource("sharing")
  void aPortMovesFromOneAddressToAllAndBackAndNoClientNoticesIt(Transport transport)
      throws Exception {
    start(transport, "one", at("127.0.0.1"));
    AtomicBoolean end = new AtomicBoolean();
    CompletableFuture<Integer> client = CompletableFuture.supplyAsync(() -> askUntil(end));
    try {
      for (int round = 1; round <= 10; round++) {
        reload("wide" + round, at("0.0.0.0"));
        assertEquals("wide" + round, served("127.0.0.1"));
        assertEquals("wide" + round, served("127.0.0.2"));
        reload("both" + round, at("0.0.0.0"), at("127.0.0.1"));
        assertEquals("both" + round, served("127.0.0.1"));
        assertEquals("both" + round, served("127.0.0.2"));
        reload("again" + round, at("0.0.0.0"));
        assertEquals("again" + round, served("127.0.0.1"));
        assertEquals("again" + round, served("127.0.0.2"));
        reload("narrow" + round, at("127.0.0.1"));
        assertEquals("narrow" + round, served("127.0.0.1"));
        // io_uring releases a socket some time after the close.
        Eventually.holds(() -> !accepts("127.0.0.2", port));
      }
    } finally {
      end.set(true);
    }
    assertTrue(client.get() > 0);
    assertEquals(List.of(), problems());
  }

  @ParameterizedTest
  @MethodSource("sharing")
  void anAddressAndAllAddressesMayBeListedTogetherFromTheStart(Transport transport)
      throws Exception {
    start(transport, "one", at("127.0.0.1"), at("0.0.0.0"));
    assertEquals("one", served("127.0.0.1"));
    assertEquals("one", served("127.0.0.2"));
  }

  /** Two programs of one user can share a port without notice if both set SO_REUSEPORT. */
  @ParameterizedTest
  @MethodSource("sharing")
  void aPortThatAnotherProgramHasAsWellIsNotTaken(Transport transport) throws Exception {
    start(transport, "one", at("127.0.0.1"));
    try (ServerSocketChannel stranger = ServerSocketChannel.open()) {
      stranger.setOption(StandardSocketOptions.SO_REUSEPORT, true);
      stranger.bind(new InetSocketAddress("127.0.0.2", port));
      write("two", 1, at("0.0.0.0"));
      reload();
      assertLogged(
          "1: listen[1]: \"0.0.0.0:" + port + "\" (expected: an address that can be bound:");
      assertLogged("Address already in use: by rsp itself, and by another program as well)");
      assertEquals("one", served("127.0.0.1"));
    }
    reload();
    assertEquals("two", served("127.0.0.1"));
  }

  @Test
  void aTransportThatCannotShareAPortSaysThatItIsRspItselfThatHasIt() throws Exception {
    start(Transport.NIO, "one", at("127.0.0.1"));
    write("two", 1, at("0.0.0.0"));
    reload();
    assertLogged(
        "rsp itself listens on \"127.0.0.1:"
            + port
            + "\", and with transport nio this change needs a restart");
    assertEquals("one", served("127.0.0.1"));
  }

  @Test
  void aReloadWhoseSelectAlwaysFailsIsRefusedAndAStartIsNot() throws Exception {
    write("one", 1, at("127.0.0.1"));
    String fails = Files.readString(file()).replace("refuse(403, \"one\")", "return 7");
    String failsForSome =
        Files.readString(file())
            .replace("select()", "select(r) if r.host == 'x.test' then error('no') end");
    daemon().start(() -> {});
    Files.writeString(file(), fails);
    reload();
    assertLogged("reload refused, configuration unchanged: 1 problem(s)");
    assertLogged(
        ":4: select returned 7 (expected: 1 to 1); select fails for each of 5 hosts, such as"
            + " www.example.com");
    assertEquals("one", served("127.0.0.1"));

    Files.writeString(file(), failsForSome);
    reload();
    assertLogged("reloaded");
    assertLogged(":4: no; select fails for 1 of 5 hosts, such as x.test");
    assertEquals("one", served("127.0.0.1"));

    Objects.requireNonNull(daemon).stop();
    logged.list.clear();
    Files.writeString(file(), fails);
    daemon().start(() -> {});
    assertLogged("Started.");
    assertLogged("select fails for each of 5 hosts");
    assertTrue(accepts("127.0.0.1", port));
  }

  @Test
  void aMachineThatIsGoneWithItsNameCanBeTakenOutAndOtherEditsBeMade() throws Exception {
    start("one", 1, at("127.0.0.1"));
    for (String name : List.of("two", "three")) {
      write(name, 1, at("127.0.0.1"));
      Files.writeString(
          file(),
          Files.readString(file())
              .replace(
                  "\"127.0.0.1:9\"",
                  "\"127.0.0.1:9\", { address = \"gone.invalid:80\", state = \"down\" }"));
      reload();
      assertEquals(name, served("127.0.0.1"));
    }
    assertEquals(List.of(), problems());
  }

  private void start(String name, int count, String... listen) throws Exception {
    write(name, count, listen);
    daemon().start(() -> {});
  }

  private void start(Transport transport, String name, String... listen) throws Exception {
    write(name, 2, listen);
    var made = new Daemon(file(), transport);
    daemon = made;
    made.start(() -> {});
  }

  private void reload(String name, String... listen) throws IOException {
    write(name, 2, listen);
    reload();
  }

  private void reload() {
    Objects.requireNonNull(daemon).reload();
  }

  private Daemon daemon() {
    Daemon made = new Daemon(file(), this::loop);
    daemon = made;
    return made;
  }

  private Worker loop(int number) {
    trouble.accept(number);
    var loop = new Worker(Transport.of("auto"), number, connections);
    loops.add(loop);
    if (number == ended && number > 0) {
      loop.shutDown();
      Eventually.holds(() -> hasEnded(loop));
    }
    return loop;
  }

  private Path file() {
    return directory.resolve("backends.lua");
  }

  /** Writes a file with which rsp answers every request with a name. */
  private void write(String name, int count, String... listen) throws IOException {
    Files.writeString(
        file(),
        """
        listen = { "%s" }
        backends = { "127.0.0.1:9" }
        loops = %d
        function select() refuse(403, "%s") end
        """
            .formatted(String.join("\", \"", listen), count, name));
  }

  private String at(String address) {
    return address + ":" + port;
  }

  private int askUntil(AtomicBoolean end) {
    int answers = 0;
    while (!end.get()) {
      try {
        served("127.0.0.1");
      } catch (IOException e) {
        throw new IllegalStateException("after " + answers + " answers", e);
      }
      answers++;
    }
    return answers;
  }

  private String served(String address) throws IOException {
    try (Socket client = new Socket(InetAddress.getByName(address), port)) {
      client.setSoTimeout(10_000);
      client
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return answer.substring(answer.lastIndexOf("403 ") + 4).strip();
    }
  }

  private static boolean accepts(String address, int port) {
    try (Socket client = new Socket()) {
      client.connect(new InetSocketAddress(address, port));
      return true;
    } catch (ConnectException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return any.getLocalPort();
    }
  }

  private static boolean hasEnded(Worker loop) {
    try {
      loop.execute(() -> {});
      return false;
    } catch (RejectedExecutionException e) {
      return true;
    }
  }

  private List<String> problems() {
    return logged.list.stream()
        .filter(event -> event.getLevel().levelInt >= Level.WARN_INT)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  private void assertLogged(String part) {
    assertTrue(
        logged.list.stream().anyMatch(event -> event.getFormattedMessage().contains(part)),
        () -> part + " in " + logged.list);
  }
}
