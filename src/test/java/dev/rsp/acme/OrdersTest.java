// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which orders are made, and when, with a CA in memory and a clock that is moved. */
@Timeout(60)
final class OrdersTest {
  private static final URI DIRECTORY = URI.create("https://ca.example/directory");
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir private Path folder;
  private final TestClock clock = new TestClock();
  private final TestAuthority ca = new TestAuthority(clock);
  private final Map<String, Allow.Answer> rule = new ConcurrentHashMap<>();
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private final List<Path> stored = Collections.synchronizedList(new ArrayList<>());
  private final Counts counts = new Counts();
  private final List<HostReport> seenWhileUsed = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean isUseBroken;
  private final List<Orders> all = new ArrayList<>();

  /** Answers all hosts with yes that have no other answer. */
  private final Allow allow =
      (host, answer) -> {
        asked.add(host);
        answer.accept(rule.getOrDefault(host, Allow.Answer.YES));
      };

  @AfterEach
  void close() {
    ca.go(1_000);
    all.forEach(Orders::close);
    Eventually.holds(this::isReleased); // no order writes into the folder any more
  }

  private boolean isReleased() throws IOException {
    Path lock = store().resolve("renewal/orders.lock");
    if (!Files.exists(lock)) {
      return true;
    }
    try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE)) {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private Path store() {
    return folder.resolve("certs");
  }

  private Orders orders() {
    return orders(DIRECTORY, 300, 1_000, allow);
  }

  private Orders orders(URI directory, int budget, int queued, Allow with) {
    var orders =
        new Orders(
            new AcmeSettings(
                directory,
                null,
                store(),
                List.of(),
                ChallengeType.HTTP_01,
                budget,
                10_800,
                10_000,
                queued),
            with,
            (settings, account) -> ca,
            new Challenges(),
            counts,
            this::use,
            clock,
            clock.ticker());
    all.add(orders);
    orders.start();
    return orders;
  }

  private void use(Path chain) {
    seenWhileUsed.addAll(all.get(all.size() - 1).reports());
    stored.add(chain);
    if (isUseBroken) {
      throw new IllegalStateException("no memory for it");
    }
  }

  /** Wishes a certificate; the future has "" if there is one, else the reason. */
  private static CompletableFuture<String> want(Orders orders, String host) {
    var done = new CompletableFuture<String>();
    orders.want(host, reason -> done.complete(reason == null ? "" : reason));
    return done;
  }

  private static String get(CompletableFuture<String> done) {
    try {
      return done.get(30, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  private static HostReport report(Orders orders, String host) {
    return orders.reports().stream()
        .filter(one -> one.host().equals(host))
        .findFirst()
        .orElseThrow();
  }

  private static Authority.Failure hostFailure(String reason) {
    return Authority.Failure.ofHost(reason);
  }

  private Path chain(String host) {
    return store().resolve("live").resolve(host).resolve("fullchain.pem");
  }

  /** Moves the clock, and lets the orders see it. */
  private void pass(Orders orders, Duration time) {
    clock.pass(time);
    orders.tick();
  }

  // Wishes ----------------------------------------------------------------------------------------

  @Test
  void aCertificateThatIsWantedIsOrderedAndStored() throws IOException {
    Orders orders = orders();
    assertEquals("", get(want(orders, "a.example")));
    assertEquals(List.of("a.example"), ca.orders);
    assertEquals(List.of(chain("a.example")), stored);
    assertEquals(
        Set.of("fullchain.pem", "privkey.pem"),
        names(store().resolve("live").resolve("a.example")));
    for (Path file :
        List.of(chain("a.example"), chain("a.example").resolveSibling("privkey.pem"))) {
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }
    for (String name : List.of("live", "live/a.example", "accounts", "renewal")) {
      assertEquals(
          "rwx------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(store().resolve(name))),
          name);
    }
    HostReport report = report(orders, "a.example");
    assertEquals(HostReport.State.STORED, report.state());
    assertNotNull(report.notAfter());
    assertEquals(1, counts.figures(orders.figures()).issued());
  }

  private static Set<String> names(Path of) throws IOException {
    Set<String> names = new HashSet<>();
    try (var files = Files.list(of)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }

  @Test
  void allWhoWantAHostWaitForTheSameOrder() {
    Orders orders = orders();
    ca.hold();
    List<CompletableFuture<String>> waiting = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      waiting.add(want(orders, "a.example"));
    }
    Eventually.holds(() -> ca.orders.size() == 1);
    waiting.add(want(orders, "a.example"));
    assertEquals(HostReport.State.ORDERING, report(orders, "a.example").state());
    ca.go(1);
    waiting.forEach(one -> assertEquals("", get(one)));
    assertEquals(List.of("a.example"), ca.orders);
    assertEquals(1, asked.size());
  }

  @Test
  void aHostThatIsNotAllowedIsNeitherOrderedNorLookedUpInTheStore() {
    rule.put("b.example", Allow.Answer.NO);
    rule.put("c.example", Allow.Answer.UNKNOWN);
    Orders orders = orders();
    assertEquals("certificates are not allowed for this host", get(want(orders, "b.example")));
    assertTrue(get(want(orders, "c.example")).startsWith("it could not be asked"));
    assertEquals(List.of(), ca.orders);
    assertEquals(List.of(), orders.reports(), "invented names cost no memory");
    assertFalse(Files.exists(store().resolve("live/b.example")));
    assertEquals(1, counts.figures(orders.figures()).denied());
    assertEquals(1, counts.figures(orders.figures()).unanswered());
  }

  @Test
  void answersAreCachedYesLongerThanNoAndNoLongerThanUnknown() {
    rule.put("no.example", Allow.Answer.NO);
    rule.put("unknown.example", Allow.Answer.UNKNOWN);
    ca.fail(hostFailure("x"));
    Orders orders = orders();
    List<String> hosts = List.of("yes.example", "no.example", "unknown.example");
    hosts.forEach(host -> get(want(orders, host)));
    hosts.forEach(host -> get(want(orders, host)));
    assertEquals(3, asked.size());
    clock.pass(Duration.ofSeconds(6));
    hosts.forEach(host -> get(want(orders, host)));
    assertEquals(4, asked.size());
    clock.pass(Duration.ofMinutes(6));
    hosts.forEach(host -> get(want(orders, host)));
    assertEquals(6, asked.size(), asked::toString);
    orders.allow(allow);
    get(want(orders, "no.example"));
    assertEquals(7, asked.size(), "another rule, other answers");
  }

  @Test
  void aRuleThatNeverAnswersIsNotAwaited() {
    Orders orders = orders(DIRECTORY, 300, 1_000, (host, answer) -> asked.add(host));
    CompletableFuture<String> done = want(orders, "a.example");
    Eventually.holds(() -> asked.size() == 1);
    pass(orders, Duration.ofSeconds(31));
    assertEquals("the rule that allows certificates does not answer", get(done));
  }

  @Test
  void aRuleThatFailsIsNoYes() {
    Orders orders =
        orders(
            DIRECTORY,
            300,
            1_000,
            (host, answer) -> {
              throw new IllegalStateException("broken rule");
            });
    assertTrue(get(want(orders, "a.example")).startsWith("it could not be asked"));
    assertEquals(List.of(), ca.orders);
  }

  @Test
  void aRuleThatWasReplacedWhileItWasAskedDoesNotDecide() {
    List<Consumer<Allow.Answer>> unanswered = Collections.synchronizedList(new ArrayList<>());
    Orders orders = orders(DIRECTORY, 300, 1_000, (host, answer) -> unanswered.add(answer));
    CompletableFuture<String> done = want(orders, "a.example");
    Eventually.holds(() -> unanswered.size() == 1);
    rule.put("a.example", Allow.Answer.NO);
    orders.allow(allow);
    unanswered.get(0).accept(Allow.Answer.YES);
    assertEquals("certificates are not allowed for this host", get(done));
    assertEquals("certificates are not allowed for this host", get(want(orders, "a.example")));
    assertEquals(List.of(), ca.orders);
  }

  @Test
  void answersAreForgottenInTimeAlsoIfTheClockIsSetBack() {
    rule.put("a.example", Allow.Answer.NO);
    Orders orders = orders();
    get(want(orders, "a.example"));
    rule.remove("a.example");
    clock.jump(Duration.ofDays(-365));
    clock.pass(Duration.ofMinutes(2));
    assertEquals("", get(want(orders, "a.example")));
  }

  /** Else a handshake that comes at this moment is told that there is one, and finds none. */
  @Test
  void aCertificateIsNotKnownAsStoredBeforeItIsInUse() {
    Orders orders = orders();
    assertEquals("", get(want(orders, "a.example")));
    assertEquals(
        List.of(HostReport.State.ORDERING), seenWhileUsed.stream().map(HostReport::state).toList());
  }

  @Test
  void thoseWhoWaitAreAnsweredAlsoIfTheCertificateCannotBeUsedYet() {
    Orders orders = orders();
    isUseBroken = true;
    assertEquals("", get(want(orders, "a.example")));
    isUseBroken = false;
    assertEquals("", get(want(orders, "b.example")));
    assertEquals(0, orders.figures().running());
  }

  @Test
  void aWishDoesNotWaitForARuleThatBlocks() throws InterruptedException {
    var gate = new CountDownLatch(1);
    Orders orders =
        orders(
            DIRECTORY,
            300,
            1_000,
            (host, answer) -> {
              asked.add(host);
              try {
                assertTrue(gate.await(30, TimeUnit.SECONDS));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              answer.accept(Allow.Answer.YES);
            });
    CompletableFuture<String> first = want(orders, "a.example");
    Eventually.holds(() -> asked.size() == 1);
    List<CompletableFuture<String>> others = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      others.add(want(orders, "h" + i + ".example")); // would hang here
    }
    gate.countDown();
    assertEquals("", get(first));
    others.forEach(one -> assertEquals("", get(one)));
  }

  @Test
  void allWhoWaitAreAnsweredWhenItIsClosed() {
    rule.put("no.example", Allow.Answer.NO);
    Orders orders = orders();
    get(want(orders, "a.example"));
    ca.hold();
    List<CompletableFuture<String>> waiting = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      waiting.add(want(orders, "h" + i + ".example"));
      waiting.add(want(orders, "a.example"));
    }
    orders.close();
    waiting.add(want(orders, "late.example"));
    waiting.forEach(
        one -> assertTrue(get(one).isEmpty() || get(one).startsWith("rsp is stopping"), get(one)));
  }

  @Test
  void theQueueIsBounded() {
    Orders orders = orders(DIRECTORY, 1_000, 10, allow);
    ca.hold();
    List<CompletableFuture<String>> waiting = new ArrayList<>();
    for (int i = 0; i < 18; i++) {
      waiting.add(want(orders, "h" + i + ".example"));
      int count = i + 1;
      // Eight are under way, the others wait.
      Eventually.holds(() -> orders.figures().queued() + orders.figures().running() == count);
    }
    assertEquals("too many hosts wait for certificates (10)", get(want(orders, "x.example")));
    assertEquals(1, counts.figures(orders.figures()).refused());
    ca.go(18);
    waiting.forEach(one -> assertEquals("", get(one)));
  }

  @Test
  void manyHostsAtOnceGetOneOrderEach() {
    Orders orders = orders();
    List<CompletableFuture<String>> waiting = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      waiting.add(want(orders, "h" + i + ".example"));
    }
    waiting.forEach(one -> assertEquals("", get(one)));
    assertEquals(200, ca.orders.size());
    assertEquals(200, new HashSet<>(ca.orders).size());
    assertEquals(200, orders.figures().stored());
  }

  // Failures --------------------------------------------------------------------------------------

  @Test
  void aHostThatFailsIsLeftAloneForLongerAndLonger() {
    Orders orders = orders();
    long before = 0;
    for (int i = 1; i <= 8; i++) {
      ca.fail(hostFailure("dns: no address"));
      assertEquals("dns: no address", get(want(orders, "a.example")));
      assertEquals(i, ca.orders.size());
      String reason = get(want(orders, "a.example"));
      assertTrue(reason.startsWith("dns: no address (failures: " + i), reason);
      assertEquals(i, ca.orders.size(), "not yet again");
      Instant next = report(orders, "a.example").nextTry();
      assertNotNull(next);
      long millis = Duration.between(clock.instant(), next).toMillis();
      assertTrue(millis >= before && millis <= DAY.toMillis(), "millis: " + millis);
      before = millis;
      clock.pass(Duration.ofMillis(millis + 1));
    }
    assertEquals(DAY.toMillis(), before, "a day at most");
    assertEquals("", get(want(orders, "a.example")), "and then it succeeds");
  }

  @Test
  void backOffSurvivesARestart() {
    Orders orders = orders();
    ca.fail(hostFailure("dns: no address\nfor it"));
    get(want(orders, "a.example"));
    Eventually.holds(
        () -> Files.readString(store().resolve("renewal/orders.log")).contains("fail "));
    orders.close();
    Orders next = orders();
    Eventually.holds(() -> !next.reports().isEmpty());
    String reason = get(want(next, "a.example"));
    assertTrue(reason.startsWith("dns: no address for it (failures: 1"), reason);
    assertEquals(1, ca.orders.size());
  }

  @Test
  void aCaThatIsDownIsLeftAloneAndThenTriedWithOneOrder() {
    Orders orders = orders();
    ca.fail(Authority.Failure.ofAuthority("the CA cannot be reached"));
    assertEquals("the CA cannot be reached", get(want(orders, "a.example")));
    String reason = get(want(orders, "b.example"));
    assertTrue(reason.startsWith("the CA cannot be reached (next try: "), reason);
    assertEquals(1, ca.orders.size());
    assertNotNull(orders.figures().pausedUntil());
    assertEquals(HostReport.State.QUEUED, report(orders, "a.example").state());
    ca.hold();
    pass(orders, Duration.ofSeconds(11));
    Eventually.holds(() -> ca.orders.size() == 2);
    assertEquals(1, orders.figures().running(), "one on trial");
    assertNotNull(orders.figures().pausedUntil(), "until one has succeeded");
    assertEquals("the CA cannot be reached", orders.figures().pauseReason());
    ca.go(10);
    Eventually.holds(() -> orders.figures().stored() == 2);
    assertNull(orders.figures().pausedUntil());
    assertEquals("", get(want(orders, "a.example")), "both that were queued are there");
    assertEquals(3, ca.orders.size(), ca.orders::toString);
  }

  @Test
  void theCaSaysHowLongToWaitAndThatSurvivesARestart() {
    Orders orders = orders();
    ca.fail(
        new Authority.Failure(
            Authority.Blame.AUTHORITY, "rateLimited: too many new orders", 7_200_000, null));
    get(want(orders, "a.example"));
    Eventually.holds(
        () -> Files.readString(store().resolve("renewal/orders.log")).contains("pause "));
    orders.close();
    Orders next = orders();
    String reason = get(want(next, "b.example"));
    assertTrue(reason.startsWith("rateLimited: too many new orders (next try: "), reason);
    pass(next, Duration.ofHours(1));
    assertEquals(1, ca.orders.size());
    pass(next, Duration.ofHours(2));
    Eventually.holds(() -> next.figures().stored() == 1);
  }

  @Test
  void waitsDoNotGetLongerBecauseTheClockWasSetBack() {
    Orders orders = orders();
    clock.jump(Duration.ofDays(365));
    ca.fail(hostFailure("dns"));
    get(want(orders, "a.example"));
    ca.fail(new Authority.Failure(Authority.Blame.HOST, "rateLimited", 7_200_000, "c.example"));
    get(want(orders, "1.c.example"));
    ca.fail(Authority.Failure.ofAuthority("the CA cannot be reached"));
    get(want(orders, "b.example"));
    clock.jump(Duration.ofDays(-365));
    orders.tick();
    Eventually.holds(() -> orders.figures().stored() == 1);
    assertEquals("", get(want(orders, "a.example")));
    assertEquals("", get(want(orders, "2.c.example")));
  }

  @Test
  void theLimitOfADomainHoldsItsHostsOnly() {
    Orders orders = orders();
    ca.fail(new Authority.Failure(Authority.Blame.HOST, "rateLimited", 7_200_000, "a.example"));
    get(want(orders, "1.a.example"));
    String reason = get(want(orders, "2.a.example"));
    assertTrue(reason.startsWith("the CA refuses orders for a.example until "), reason);
    assertEquals("", get(want(orders, "1.b.example")));
    assertEquals(2, ca.orders.size());
    clock.pass(Duration.ofHours(3));
    assertEquals("", get(want(orders, "2.a.example")));
  }

  @Test
  void aHostForWhichTheCaFailsAgainAndAgainDoesNotHoldUpTheOthersForever() {
    Orders orders = orders();
    for (int i = 0; i < 3; i++) {
      ca.fail(Authority.Failure.ofAuthority("serverInternal"));
      get(want(orders, "a.example"));
      int count = i + 1;
      Eventually.holds(() -> ca.orders.size() == count);
      pass(orders, Duration.ofHours(2));
    }
    Eventually.holds(() -> report(orders, "a.example").failures() == 1 || ca.orders.size() > 3);
    assertEquals(HostReport.State.FAILED, report(orders, "a.example").state());
  }

  @Test
  void aWrongCertificateIsNotStored() {
    Orders orders = orders();
    ca.isWrongKey = true;
    assertEquals("the CA has sent the certificate of another key", get(want(orders, "a.example")));
    ca.isWrongKey = false;
    ca.otherName = "other.example";
    assertEquals("the CA has sent the certificate of another name", get(want(orders, "b.example")));
    ca.otherName = null;
    ca.life = Duration.ofSeconds(-30);
    assertEquals("the CA has sent a certificate that has expired", get(want(orders, "c.example")));
    assertEquals(List.of(), stored);
    assertFalse(Files.exists(chain("a.example")));
  }

  // The store -------------------------------------------------------------------------------------

  @Test
  void aRestartKeepsCertificatesAndOrdersNothing() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    orders.close();
    Orders next = orders();
    assertEquals("", get(want(next, "a.example")));
    Eventually.holds(() -> next.figures().stored() == 1);
    assertEquals(1, ca.orders.size());
  }

  @Test
  void whatIsUnderWayAtTheEndIsAnsweredAndCountsForTheBudget() {
    Orders orders = orders(DIRECTORY, 2, 100, allow);
    ca.hold();
    CompletableFuture<String> done = want(orders, "a.example");
    Eventually.holds(() -> ca.orders.size() == 1);
    orders.close();
    assertTrue(get(done).startsWith("rsp is stopping"));
    assertTrue(get(want(orders, "a.example")).startsWith("rsp is stopping"));
    ca.go(1_000);
    Orders next = orders(DIRECTORY, 2, 100, allow);
    assertEquals("", get(want(next, "b.example")));
    assertTrue(get(want(next, "c.example")).startsWith("the budget of 2 orders in 10800 s"));
    assertEquals(2, ca.orders.size(), "the first one counts");
  }

  @Test
  void aPoisonedFileIsOrderedAgain() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    String good = Files.readString(chain("a.example"));
    Files.writeString(chain("a.example"), good.substring(0, good.length() / 3));
    assertEquals("", get(want(orders, "a.example")));
    assertEquals(2, ca.orders.size());
    Files.delete(chain("a.example").resolveSibling("privkey.pem"));
    assertEquals("", get(want(orders, "a.example")));
    assertEquals(3, ca.orders.size());
    assertEquals("", get(want(orders, "a.example")));
    assertEquals(3, ca.orders.size(), "well again");
  }

  @Test
  void aPoisonedFileIsNotOrderedFasterThanAHostThatFails() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Files.writeString(chain("a.example"), "poison");
    ca.fail(hostFailure("dns"));
    assertEquals("dns", get(want(orders, "a.example")));
    for (int i = 0; i < 5; i++) {
      assertTrue(get(want(orders, "a.example")).startsWith("dns (failures: 1"));
    }
    assertEquals(2, ca.orders.size());
  }

  @Test
  void aStoreThatCannotBeWrittenGetsNoOrder() throws IOException {
    Files.createDirectories(folder);
    Files.writeString(store(), "a file where the folder should be");
    Orders orders = orders();
    String reason = get(want(orders, "a.example"));
    assertTrue(reason.startsWith("the store " + store() + " cannot be used: "), reason);
    assertEquals(List.of(), asked);
    assertEquals(List.of(), ca.orders);
  }

  @Test
  void aStoreToWhichEveryUserCanWriteIsNotUsed() throws IOException {
    Path live = Files.createDirectories(store().resolve("live"));
    Files.setPosixFilePermissions(live, PosixFilePermissions.fromString("rwxrwxrwx"));
    Orders orders = orders();
    String reason = get(want(orders, "a.example"));
    assertTrue(reason.endsWith("can write to " + live + " (expected: chmod o-w)"), reason);
    assertEquals(List.of(), ca.orders);
  }

  @ParameterizedTest
  @ValueSource(strings = {"renewal/orders.log", "renewal/orders.lock", "accounts/ID.key"})
  void aFifoInThePlaceOfAFileBlocksNothing(String name) throws Exception {
    Path file = store().resolve(name.replace("ID", AccountId.of(DIRECTORY)));
    Files.createDirectories(file.getParent());
    assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
    Orders orders = orders();
    String reason = get(want(orders, "a.example"));
    assertTrue(reason.contains(file + " is not a regular file"), reason);
    assertEquals(List.of(), ca.orders);
    orders.close();
    Files.delete(file);
  }

  @Test
  void aHostWhoseFolderCannotBeWrittenDoesNotHoldUpTheOthers() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Files.writeString(store().resolve("live/b.example"), "in the way");
    String reason = get(want(orders, "b.example"));
    assertTrue(reason.startsWith("the store cannot be written: "), reason);
    assertEquals("", get(want(orders, "c.example")));
    assertEquals(List.of("a.example", "c.example"), ca.orders);
    assertEquals(2, orders.figures().budgetUsed(), "what was not ordered does not count");
    assertEquals(1, report(orders, "b.example").failures());
  }

  @Test
  void aFolderInThePlaceOfAFileGetsNoOrderAndDoesNotHoldUpTheOthers() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    for (String file : List.of("b.example/privkey.pem", "c.example/fullchain.pem")) {
      Files.createDirectories(store().resolve("live").resolve(file).resolve("in the way"));
      String reason = get(want(orders, file.substring(0, file.indexOf('/'))));
      assertTrue(reason.startsWith("the store cannot be written: "), reason);
    }
    assertEquals("", get(want(orders, "d.example")));
    assertEquals(List.of("a.example", "d.example"), ca.orders);
    assertEquals(2, orders.figures().budgetUsed());
  }

  @Test
  void aFolderThatAppearsWhileTheOrderIsUnderWayDoesNotHoldUpTheOthers() throws IOException {
    Orders orders = orders();
    ca.hold();
    CompletableFuture<String> done = want(orders, "a.example");
    Eventually.holds(() -> ca.orders.size() == 1);
    Files.createDirectories(store().resolve("live/a.example/privkey.pem/in the way"));
    ca.go(1_000);
    assertTrue(get(done).startsWith("the store cannot be written: "), get(done));
    assertEquals("", get(want(orders, "b.example")));
    assertEquals(List.of("a.example", "b.example"), ca.orders, "not again and again");
  }

  @Test
  void aHalfWrittenFileThatCannotBeReadDoesNotHoldUpTheOthers() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Path folder = Files.createDirectories(store().resolve("live/b.example"));
    Files.writeString(folder.resolve(".fullchain.pem.new"), "complete");
    Files.createDirectories(folder.resolve("fullchain.pem/in the way"));
    String reason = get(want(orders, "b.example"));
    assertTrue(reason.startsWith("the store cannot be written: "), reason);
    assertEquals("", get(want(orders, "c.example")));
  }

  @Test
  void aStoreThatFailsLaterGetsNoOrderAndIsTriedAgain() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Path away = folder.resolve("away");
    Files.move(store(), away);
    Files.writeString(store(), "in the way");
    assertTrue(get(want(orders, "b.example")).startsWith("the store cannot be "));
    String reason = get(want(orders, "c.example"));
    assertTrue(reason.startsWith("the store cannot be ") && reason.contains("next try"), reason);
    assertEquals(1, ca.orders.size());
    assertEquals(1, orders.figures().budgetUsed());
    Files.delete(store());
    Files.move(away, store());
    clock.pass(Duration.ofSeconds(11));
    assertNotNull(orders.figures().pausedUntil(), "until an order has succeeded");
    orders.tick();
    Eventually.holds(() -> orders.figures().stored() == 3);
    assertNull(orders.figures().pausedUntil());
  }

  @Test
  void aLogThatCannotBeWrittenStopsOrders() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Files.delete(store().resolve("accounts").resolve(AccountId.of(DIRECTORY) + ".key"));
    orders.close();
    Files.writeString(
        store().resolve("accounts").resolve(AccountId.of(DIRECTORY) + ".key"), "damaged");
    Orders next = orders();
    String reason = get(want(next, "b.example"));
    assertTrue(reason.contains("the account key") && reason.contains("is damaged"), reason);
    assertEquals(1, ca.orders.size());
  }

  @Test
  void onlyOneProcessOrdersForAStore() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Orders other = orders();
    assertEquals(
        "another process orders certificates for " + store(), get(want(other, "b.example")));
    orders.close();
    Eventually.holds(() -> get(want(other, "b.example")).isEmpty());
  }

  @Test
  void certificatesWithoutALogAreTakenOver() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    get(want(orders, "b.example"));
    orders.close();
    Eventually.holds(() -> Files.deleteIfExists(store().resolve("renewal/orders.log")));
    Files.writeString(chain("b.example"), "poison");
    Orders next = orders();
    Eventually.holds(() -> next.figures().stored() == 1);
    assertNotNull(report(next, "a.example").renewal());
    assertEquals("", get(want(next, "a.example")));
    assertEquals(2, ca.orders.size());
    assertEquals("", get(want(next, "b.example")));
    assertEquals(3, ca.orders.size());
  }

  @Test
  void filesThatWereCompleteWhenAProcessEndedAreUsed() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    orders.close();
    Path chain = chain("a.example");
    Files.move(chain, chain.resolveSibling(".fullchain.pem.new"));
    Orders next = orders();
    assertEquals("", get(want(next, "a.example")));
    assertEquals(1, ca.orders.size());
    assertTrue(Files.exists(chain));
  }

  @Test
  void aCertificateWhoseOrderEndedUnloggedIsFoundAfterARestart() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Path log = store().resolve("renewal/orders.log");
    Eventually.holds(() -> Files.readString(log).contains("cert "));
    orders.close();
    Files.writeString(log, Files.readString(log).replaceFirst("cert .*\n", ""));
    Orders next = orders();
    Eventually.holds(() -> next.figures().stored() == 1);
    assertNotNull(report(next, "a.example").renewal());
    assertEquals(1, next.figures().budgetUsed());
    assertEquals(1, ca.orders.size());
  }

  @Test
  void aDamagedLogLosesOnlyTheDamagedLines() throws IOException {
    Orders orders = orders(DIRECTORY, 2, 100, allow);
    get(want(orders, "a.example"));
    Path log = store().resolve("renewal/orders.log");
    Eventually.holds(() -> Files.readString(log).contains("cert "));
    orders.close();
    Files.writeString(log, Files.readString(log) + "cert x\n\0\0\0\0\nfail " + "x".repeat(9_000));
    Orders next = orders(DIRECTORY, 2, 100, allow);
    Eventually.holds(() -> next.figures().stored() == 1);
    assertEquals(1, next.figures().budgetUsed());
    Eventually.holds(() -> Files.readString(log).lines().count() == 3); // it was written again
  }

  @Test
  void aLogOfALaterVersionIsNotChangedAndStopsOrders() throws IOException {
    Path log = store().resolve("renewal/orders.log");
    Files.createDirectories(log.getParent());
    Files.writeString(log, "# rsp orders 2\nsomething new\n");
    Orders orders = orders();
    String reason = get(want(orders, "a.example"));
    assertTrue(reason.endsWith("it was written by a later version of rsp"), reason);
    assertEquals("# rsp orders 2\nsomething new\n", Files.readString(log));
    assertEquals(List.of(), ca.orders);
  }

  @Test
  void aLogWithManyLinesIsReadInPieces() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Path log = store().resolve("renewal/orders.log");
    Eventually.holds(() -> Files.readString(log).contains("cert "));
    orders.close();
    Eventually.holds(this::isReleased);
    String line =
        Files.readString(log).lines().filter(l -> l.startsWith("cert")).findFirst().orElseThrow();
    StringBuilder text = new StringBuilder(Files.readString(log));
    for (int i = 0; i < 3_000; i++) {
      text.append(line.replace("a.example", "h" + i + ".example")).append('\n');
    }
    Files.writeString(log, text);
    Orders next = orders();
    Eventually.holds(() -> next.figures().stored() == 3_001);
    assertEquals(text.toString(), Files.readString(log), "it is only added to");
    assertEquals(3_001, StoredHosts.read(next.settings()).hosts().size());
  }

  // The budget ------------------------------------------------------------------------------------

  @Test
  void theBudgetHoldsAndSurvivesARestart() {
    Orders orders = orders(DIRECTORY, 3, 100, allow);
    for (int i = 0; i < 3; i++) {
      assertEquals("", get(want(orders, "h" + i + ".example")));
    }
    String reason = get(want(orders, "x.example"));
    assertTrue(reason.startsWith("the budget of 3 orders in 10800 s is used up until "), reason);
    assertEquals(HostReport.State.QUEUED, report(orders, "x.example").state());
    orders.close();
    Orders next = orders(DIRECTORY, 3, 100, allow);
    assertTrue(get(want(next, "x.example")).startsWith("the budget of 3 orders"));
    assertEquals(3, ca.orders.size());
    pass(next, Duration.ofSeconds(10_801));
    Eventually.holds(() -> next.figures().stored() == 4);
    assertEquals(4, ca.orders.size());
  }

  @Test
  void failedOrdersCountForTheBudget() {
    Orders orders = orders(DIRECTORY, 2, 100, allow);
    ca.fail(hostFailure("dns"));
    ca.fail(hostFailure("dns"));
    get(want(orders, "a.example"));
    get(want(orders, "b.example"));
    assertTrue(get(want(orders, "c.example")).startsWith("the budget of 2 orders"));
  }

  @Test
  void certificatesThatAreThereDoNotCount() {
    Orders orders = orders(DIRECTORY, 2, 100, allow);
    get(want(orders, "a.example"));
    for (int i = 0; i < 5; i++) {
      assertEquals("", get(want(orders, "a.example")));
    }
    assertEquals(1, orders.figures().budgetUsed());
  }

  // Renewals --------------------------------------------------------------------------------------

  @Test
  void aCertificateIsRenewedAtTwoThirdsOfItsLife() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    String before = Files.readString(chain("a.example"));
    pass(orders, Duration.ofDays(50));
    assertEquals(1, ca.orders.size());
    pass(orders, Duration.ofDays(20));
    Eventually.holds(() -> ca.orders.size() == 2 && stored.size() == 2);
    assertFalse(before.equals(Files.readString(chain("a.example"))));
    assertEquals(1, counts.figures(orders.figures()).renewed());
    assertEquals("", get(want(orders, "a.example")));
  }

  @Test
  void aHostThatIsNotAllowedAnyMoreIsNotRenewed() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    rule.put("a.example", Allow.Answer.NO);
    pass(orders, Duration.ofDays(70));
    Eventually.holds(() -> report(orders, "a.example").problem() != null);
    assertEquals(1, ca.orders.size());
    rule.remove("a.example");
    pass(orders, DAY.plusHours(1));
    Eventually.holds(() -> ca.orders.size() == 2);
  }

  @Test
  void aRenewalThatFailsIsTriedAgain() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    ca.fail(hostFailure("dns"));
    pass(orders, Duration.ofDays(70));
    Eventually.holds(() -> report(orders, "a.example").failures() == 1);
    assertEquals("", get(want(orders, "a.example")), "the old one is still good");
    assertEquals(2, ca.orders.size());
    pass(orders, Duration.ofMinutes(6));
    Eventually.holds(() -> ca.orders.size() == 3);
  }

  @Test
  void theWindowOfTheCaIsTakenAndTheCertificateIsNamed() {
    long day = DAY.toMillis();
    long now = clock.millis();
    ca.window = new Authority.Window(now + 10 * day, now + 12 * day, 6 * 3_600_000L);
    Orders orders = orders(DIRECTORY, 1, 100, allow);
    get(want(orders, "a.example"));
    Instant renewal = report(orders, "a.example").renewal();
    assertNotNull(renewal);
    assertTrue(
        renewal.toEpochMilli() >= now + 10 * day && renewal.toEpochMilli() <= now + 12 * day,
        renewal::toString);
    assertTrue(orders.announces());
    assertEquals(1, orders.figures().budgetUsed());
    pass(orders, Duration.ofDays(13));
    Eventually.holds(() -> ca.orders.size() == 2);
    assertTrue(ca.orders.get(1).startsWith("a.example replaces "), ca.orders::toString);
    assertEquals(0, orders.figures().budgetUsed(), "it does not count");
  }

  @Test
  void aWindowThatTheCaMovesForwardIsSeen() {
    long day = DAY.toMillis();
    long now = clock.millis();
    ca.window = new Authority.Window(now + 60 * day, now + 62 * day, 6 * 3_600_000L);
    Orders orders = orders();
    get(want(orders, "a.example"));
    ca.window = new Authority.Window(now - day, now, 6 * 3_600_000L);
    pass(orders, Duration.ofHours(7));
    Eventually.holds(() -> ca.checks.size() >= 2);
    pass(orders, Duration.ofSeconds(1));
    Eventually.holds(() -> ca.orders.size() == 2);
  }

  @Test
  void aWindowThatIsAlwaysInThePastGivesNotOneOrderAfterTheOther() {
    long day = DAY.toMillis();
    long now = clock.millis();
    ca.window = new Authority.Window(now - 2 * day, now - day, 6 * 3_600_000L);
    Orders orders = orders();
    get(want(orders, "a.example"));
    Instant renewal = report(orders, "a.example").renewal();
    assertEquals(clock.instant().plus(Duration.ofHours(1)), renewal);
    pass(orders, Duration.ofMinutes(61));
    Eventually.holds(() -> stored.size() == 2);
    assertEquals(2, orders.figures().budgetUsed(), "that of a young certificate counts");
    orders.tick();
    assertEquals(2, ca.orders.size());
  }

  @Test
  void aWindowAfterTheEndOfTheCertificateIsNotAwaited() {
    long day = DAY.toMillis();
    long now = clock.millis();
    ca.window = new Authority.Window(now + 100 * day, now + 120 * day, 6 * 3_600_000L);
    Orders orders = orders();
    get(want(orders, "a.example"));
    pass(orders, Duration.ofDays(82));
    Eventually.holds(() -> ca.orders.size() == 2);
  }

  @Test
  void aCertificateThatIsDueWhenItIsIssuedIsNotRenewedAtOnce() {
    ca.life = Duration.ofSeconds(20); // and its begin is a minute ago
    Orders orders = orders();
    get(want(orders, "a.example"));
    Instant renewal = report(orders, "a.example").renewal();
    assertNotNull(renewal);
    // Times in certificates have whole seconds.
    assertTrue(renewal.isAfter(clock.instant().plusSeconds(9)), renewal::toString);
  }

  @Test
  void certificatesThatWereGivenUpAreLookedAtAgainIfTheClockWasWrong() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    rule.put("a.example", Allow.Answer.NO);
    clock.jump(Duration.ofDays(365));
    orders.tick();
    Eventually.holds(() -> orders.figures().stored() == 0);
    rule.remove("a.example");
    clock.jump(Duration.ofDays(-365));
    orders.tick();
    assertEquals(1, orders.figures().stored());
    pass(orders, Duration.ofDays(70));
    Eventually.holds(() -> ca.orders.size() == 2);
  }

  @Test
  void renewalsDoNotStarveNewNamesNorTheOtherWayRound() {
    Orders orders = orders(DIRECTORY, 100, 1_000, allow);
    for (int i = 0; i < 100; i++) {
      assertEquals("", get(want(orders, "old" + i + ".example")));
    }
    clock.pass(Duration.ofDays(75));
    ca.hold();
    for (int i = 0; i < 100; i++) {
      want(orders, "new" + i + ".example");
    }
    orders.tick();
    orders.tick();
    ca.go(1_000);
    Eventually.holds(() -> ca.orders.size() == 200);
    Eventually.holds(() -> orders.figures().running() == 0);
    long renewed = ca.orders.subList(100, 200).stream().filter(o -> o.startsWith("old")).count();
    assertTrue(renewed >= 25 && renewed <= 75, "renewed: " + renewed);
  }

  @Test
  void certificatesOfAnotherCaAreReplaced() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    orders.close();
    Orders next = orders(URI.create("https://other.example/directory"), 300, 100, allow);
    Eventually.holds(() -> ca.orders.size() == 2);
    Eventually.holds(() -> next.figures().running() == 0);
    next.tick();
    assertEquals(2, ca.orders.size());
  }

  @Test
  void aCertificateThatCouldNotBeRenewedForAMonthIsGivenUp() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    rule.put("a.example", Allow.Answer.NO);
    pass(orders, Duration.ofDays(100));
    pass(orders, Duration.ofDays(30));
    Eventually.holds(
        () ->
            "expired long ago, and could not be renewed"
                .equals(report(orders, "a.example").problem()));
    assertEquals(0, orders.figures().stored());
    rule.remove("a.example");
    clock.pass(DAY);
    assertEquals("", get(want(orders, "a.example")), "until it is wanted again");
  }

  @Test
  void theLogTellsCommandsWhatThereIs() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    ca.fail(hostFailure("dns"));
    get(want(orders, "b.example"));
    Eventually.holds(
        () -> Files.readString(store().resolve("renewal/orders.log")).contains("fail "));
    StoredHosts found = StoredHosts.read(orders.settings());
    assertEquals(orders.reports(), found.hosts());
    assertEquals(2, found.budgetUsed());
    assertFalse(found.renewalsAreFree());
    assertEquals(HostReport.State.FAILED, found.hosts().get(1).state());
    assertEquals("dns", found.hosts().get(1).values().get("problem"));
  }

  @Test
  void aStoreThatIsNotThereIsEmpty() throws IOException {
    Consumer<@Nullable String> nobody = reason -> {};
    Orders orders = orders();
    orders.close();
    orders.want("a.example", nobody);
    Path missing = folder.resolve("missing");
    assertEquals(
        List.of(),
        StoredHosts.read(
                AcmeAuthorityTest.settings(DIRECTORY, missing, null, ChallengeType.HTTP_01, 1))
            .hosts());
    assertFalse(Files.exists(missing));
  }
}
