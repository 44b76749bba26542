// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.backends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Answer;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Backends that accept requests and do not answer: they get more clients than rsp allows
 * connections, and the clients of another host are served as before.
 */
@Isolated("loads or measures the machine")
@Timeout(300)
final class HungBackendIT {
  private static final int CONNECTIONS = 200;

  /** In all twice as many as there may be connections, within 10 s, less than any timeout. */
  private static final int ATTACKERS = 2 * CONNECTIONS;

  private static final int PER_SECOND = 40;

  /** Loops that decide at the same time may each let one more in. */
  private static final int LOOPS = 2;

  private static final String WHY = "503 too many requests wait for this backend\n";

  private final CountDownLatch answers = new CountDownLatch(1);

  @TempDir private Path directory;

  /** Reads requests, and answers none before the test allows it. */
  private RawBackend hung(String name) throws IOException {
    return RawBackend.answering(
        (head, wire) -> {
          try {
            answers.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          RawBackend.naming(name).answer(head, wire);
        });
  }

  private Rsp serving(RawBackend one, RawBackend two, RawBackend good) {
    return Rsp.serving(
        directory,
        "loops = %d limits = { connections = %d }\n".formatted(LOOPS, CONNECTIONS)
            + Rsp.byName(
                Rsp.slot("one", one.address()),
                Rsp.slot("two", two.address()),
                Rsp.slot("good", good.address())));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void oneHoldsHalfOfTheConnectionsAndOtherHostsAreServed(boolean attackersStay) throws Exception {
    try (RawBackend one = hung("one");
        RawBackend two = hung("two");
        RawBackend good = RawBackend.named("good");
        Rsp rsp = serving(one, two, good);
        WaitingClients attackers = new WaitingClients(rsp.port(), attackersStay);
        GoodClient client = new GoodClient(rsp)) {
      attackers.come(ATTACKERS, PER_SECOND, "one");
      client.expectServed();
      Eventually.holds(
          "an answer for the others", () -> settled(attackers, CONNECTIONS / 2, ATTACKERS));
      String line = "backend failed slot=one address=%1$s tried=%1$s reason=over_share: in_flight=";
      rsp.awaitLog(line.formatted(one.address()));
      assertTrue(rsp.count("reason=over_share") <= 10, "one line in ten seconds at most");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void twoHoldAThirdEachAndOtherHostsAreServed(boolean attackersStay) throws Exception {
    try (RawBackend one = hung("one");
        RawBackend two = hung("two");
        RawBackend good = RawBackend.named("good");
        Rsp rsp = serving(one, two, good);
        WaitingClients attackers = new WaitingClients(rsp.port(), attackersStay);
        GoodClient client = new GoodClient(rsp)) {
      attackers.come(ATTACKERS, PER_SECOND, "one", "two");
      client.expectServed();
      Eventually.holds(
          "an answer for the others", () -> settled(attackers, 2 * CONNECTIONS / 3, ATTACKERS));
      assertTrue(Math.abs(one.open() - two.open()) <= 1 + LOOPS, one.open() + ", " + two.open());
    }
  }

  /** Whether as many requests wait as are allowed, and all others were refused. */
  private static boolean settled(WaitingClients attackers, int wait, int all) throws IOException {
    attackers.look();
    return Math.abs(attackers.waiting() - wait) <= 1 + LOOPS
        && attackers.waiting() + attackers.refused() == all;
  }

  @Test
  void theRefusedKeepTheirConnectionAndAreServedWhenTheBackendAnswersAgain() throws Exception {
    try (RawBackend one = hung("one");
        RawBackend two = hung("two");
        RawBackend good = RawBackend.named("good");
        Rsp rsp = serving(one, two, good);
        WaitingClients attackers = new WaitingClients(rsp.port(), false);
        RawClient client = rsp.connect()) {
      attackers.come(CONNECTIONS / 2 + 10, 10 * PER_SECOND, "one");
      // A request that has no answer yet waits only if the backend has it.
      Eventually.holds(
          "as many to wait as may",
          () ->
              settled(attackers, CONNECTIONS / 2, CONNECTIONS / 2 + 10)
                  && attackers.waiting() == one.open());
      Answer refusal = client.get("one", "/");
      assertEquals(503, refusal.status());
      assertEquals("2", refusal.field("Retry-After"));
      assertEquals(WHY, refusal.body());
      assertEquals("good good /", client.get("good", "/").body());
      assertEquals(503, client.get("one", "/").status());
      int waiting = attackers.waiting();
      answers.countDown();
      Eventually.holds(
          () -> "an answer for all " + waiting + " that waited: " + attackers,
          () -> {
            attackers.look();
            return attackers.served() == waiting;
          });
      assertEquals("one one /", client.get("one", "/").body());
      Map<String, Long> ended = rsp.stop();
      assertEquals(attackers.refused() + 2, ended.get("limit_slot"), ended::toString);
      assertEquals(waiting + 2, ended.get("served"), ended::toString);
    }
  }

  /** Requests a host whose backend answers, each time on a new connection. */
  private static final class GoodClient extends Thread implements AutoCloseable {
    private static final int PAUSE_MILLIS = 25;

    private final Rsp rsp;
    private final List<String> answers = new CopyOnWriteArrayList<>();
    private volatile boolean stopped;

    GoodClient(Rsp rsp) {
      super("good client");
      this.rsp = rsp;
      setDaemon(true);
      start();
    }

    @Override
    public void run() {
      while (!stopped) {
        try {
          answers.add(rsp.get("good", "/").body());
        } catch (IOException e) {
          answers.add(e.toString());
        }
        Eventually.pause(PAUSE_MILLIS);
      }
    }

    /** All of its requests were served, and there were many. */
    void expectServed() {
      close();
      long bad = answers.stream().filter(answer -> !answer.equals("good good /")).count();
      assertTrue(answers.size() > ATTACKERS / 4, "answers: " + answers.size());
      assertEquals(0, bad, () -> "of " + answers.size() + " answers: " + answers);
    }

    @Override
    public void close() {
      stopped = true;
      try {
        join();
      } catch (InterruptedException e) {
        throw new AssertionError("interrupted: the test took too long", e);
      }
    }
  }
}
