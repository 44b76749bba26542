// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class NameRefresherTest {
  private static final Duration NEVER = Duration.ofDays(1);

  @TempDir Path directory;

  private final Logger logger = (Logger) LoggerFactory.getLogger(NameRefresher.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final Map<String, List<InetAddress>> answers = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private String broken = "";
  private final NameRefresher refresher =
      new NameRefresher(
          name -> {
            asked.add(name);
            if (name.equals(broken)) {
              throw new LinkageError("injected");
            }
            if (!answers.containsKey(name)) {
              throw new UnknownHostException(name + ": timed out");
            }
            return answers.getOrDefault(name, List.of());
          },
          NEVER);

  @BeforeEach
  void listen() {
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(logged);
  }

  @Test
  void aNewAnswerMovesThePlace() throws Exception {
    Config config = config("'app1.example:80'");
    answer("app1.example", "10.0.0.42");
    refresh(config);
    assertEquals(socket("10.0.0.42", 80), address(config, 1));
    assertEquals(
        List.of(
            "INFO backend address changed slot=app1.example:80 from=10.0.0.7:80 to=10.0.0.42:80"),
        log());
  }

  @Test
  void anErrorWithOneNameKeepsNoOtherFromItsAnswer() throws Exception {
    Config config = config("'app1.example:80', 'app2.example:80'");
    broken = "app1.example";
    answer("app2.example", "10.0.0.42");
    refresh(config);
    broken = "app2.example";
    answer("app1.example", "10.0.0.43");
    refresh(config);
    assertEquals(socket("10.0.0.42", 80), address(config, 2));
    assertEquals(socket("10.0.0.43", 80), address(config, 1));
  }

  @Test
  void theSameAnswerChangesNothing() throws Exception {
    Config config = config("'app1.example:80'");
    answer("app1.example", "10.0.0.7");
    refresh(config);
    assertEquals(socket("10.0.0.7", 80), address(config, 1));
    assertEquals(List.of(), log());
  }

  @Test
  void anAddressStaysInUseForAsLongAsItIsAmongTheAnswers() throws Exception {
    Config config = config("'app1.example:80'");
    answer("app1.example", "10.0.0.1", "10.0.0.7");
    refresh(config);
    assertEquals(socket("10.0.0.7", 80), address(config, 1));
    answer("app1.example", "10.0.0.3", "10.0.0.2");
    refresh(config);
    assertEquals(socket("10.0.0.2", 80), address(config, 1));
  }

  @Test
  void aNameThatFailsKeepsItsAddressAndIsToldOnce() throws Exception {
    Config config = config("{ name = 'live1', address = 'app1.example:80' }");
    refresh(config);
    refresh(config);
    answer("app1.example", "10.0.0.42");
    assertEquals(socket("10.0.0.7", 80), address(config, 1));
    refresh(config);
    refresh(config);
    answers.clear();
    refresh(config);
    assertEquals(socket("10.0.0.42", 80), address(config, 1));
    assertEquals(
        List.of(
            "WARN backend name does not resolve name=app1.example slots=[live1] kept=10.0.0.7:80"
                + " reason=timed out",
            "INFO backend name resolves again name=app1.example",
            "INFO backend address changed slot=live1 from=10.0.0.7:80 to=10.0.0.42:80",
            "WARN backend name does not resolve name=app1.example slots=[live1] kept=10.0.0.42:80"
                + " reason=timed out"),
        log());
  }

  @Test
  void aNameIsAskedForOnceForAllItsSlots() throws Exception {
    Config config = config("'app1.example:80', 'app1.example:81'");
    answer("app1.example", "10.0.0.42");
    refresh(config);
    assertEquals(List.of("app1.example"), asked);
    assertEquals(socket("10.0.0.42", 80), address(config, 1));
    assertEquals(socket("10.0.0.42", 81), address(config, 2));
  }

  @Test
  void nobodyAsksForAddressesAndPaths() throws Exception {
    refresh(config("'10.0.0.1:80', '[::1]:80', 'unix:/run/a.sock'"));
    assertEquals(List.of(), asked);
  }

  @Test
  void onlyTheConfigurationInForceIsRefreshed() throws Exception {
    Config old = config("'app1.example:80'");
    answer("app1.example", "10.0.0.42");
    refresher.watch(old);
    refresh(config("'app2.example:80'"));
    assertEquals(List.of("app2.example"), asked);
    assertEquals(socket("10.0.0.7", 80), address(old, 1));
  }

  @Test
  void itsThreadAsksAgainAndAgainUntilItIsClosed() throws Exception {
    var asks = new CountDownLatch(3);
    var ticking =
        new NameRefresher(
            name -> {
              asks.countDown();
              throw new IllegalStateException("a resolver that is broken does not end the thread");
            },
            Duration.ofMillis(1));
    ticking.watch(config("'app1.example:80'"));
    ticking.thread().start();
    assertTrue(asks.await(30, TimeUnit.SECONDS));
    assertTrue(ticking.thread().isDaemon());
    ticking.close();
    ticking.thread().join(30_000);
    assertFalse(ticking.thread().isAlive());
  }

  private Config config(String backends) throws ConfigException {
    return ConfigFile.in(directory, "listen = 'localhost:0'", "backends = { " + backends + " }")
        .load();
  }

  private void refresh(Config config) {
    refresher.watch(config);
    refresher.refresh();
  }

  private void answer(String name, String... ips) throws UnknownHostException {
    List<InetAddress> addresses = new ArrayList<>();
    for (String ip : ips) {
      addresses.add(ConfigFile.ip(ip));
    }
    answers.put(name, addresses);
  }

  private List<String> log() {
    return logged.list.stream().map(e -> e.getLevel() + " " + e.getFormattedMessage()).toList();
  }

  private static InetSocketAddress socket(String ip, int port) throws UnknownHostException {
    return new InetSocketAddress(ConfigFile.ip(ip), port);
  }

  private static InetSocketAddress address(Config config, int index) {
    return requireNonNull(ConfigFile.place(config.slots().get(index - 1)).address());
  }
}
