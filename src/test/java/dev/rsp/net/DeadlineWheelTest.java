// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** Deadlines with a clock that the test moves. */
final class DeadlineWheelTest {
  private static final int TICK = DeadlineWheel.TICK_MILLIS;

  private final DeadlineWheel wheel =
      new DeadlineWheel(millisToNanos(5000), new FailureLog(), this::wake);
  private final List<Integer> expiries = new ArrayList<>();
  private int millis = 5000;
  private int wakes;

  /** When the loop calls the wheel next. */
  private int nextTick = 5000;

  private void wake() {
    wakes++;
    long now = millisToNanos(millis);
    nextTick = millis + (int) (wheel.nanosToTick(now) / 1_000_000);
    wheel.endRest(now);
  }

  /** Lets time pass as the loop does that lets the wheel rest. Returns the calls of the wheel. */
  private int passWithRests(int millisToPass) {
    int calls = 0;
    for (int end = millis + millisToPass; millis < end; millis++) {
      if (millis == nextTick) {
        calls++;
        wheel.advance(millisToNanos(millis));
        int ticks = wheel.rest(DeadlineWheel.LONG_REST_TICKS);
        nextTick = millis + ticks * TICK;
      }
    }
    return calls;
  }

  /** Lets time pass, tick by tick as the loop does. */
  private void pass(int millisToPass) {
    int end = millis + millisToPass;
    while (millis < end) {
      millis = Math.min(end, millis + TICK);
      wheel.advance(millisToNanos(millis));
    }
  }

  private static long millisToNanos(int millis) {
    return millis * 1_000_000L;
  }

  private Deadline deadline() {
    return deadline(() -> expiries.add(millis));
  }

  private static Deadline deadline(Runnable expired) {
    return new Deadline(
        expired,
        cause -> {
          throw new AssertionError("not expected", cause);
        });
  }

  @Test
  void expiresNeverEarlyAndAtMostTwoTicksLate() {
    for (int offset = 0; offset < TICK; offset += 7) {
      for (int wait = 1; wait < 1000; wait += 13) {
        pass(offset);
        int armed = millis;
        expiries.clear();
        wheel.arm(deadline(), wait);
        pass(wait + 3 * TICK);
        assertEquals(1, expiries.size());
        int took = expiries.get(0) - armed;
        assertTrue(took >= wait && took <= wait + 2 * TICK, wait + " ms took " + took);
      }
    }
  }

  @Test
  void expiresOncePerArming() {
    Deadline deadline = deadline();
    wheel.arm(deadline, 100);
    pass(10_000);
    assertEquals(1, expiries.size());
    wheel.arm(deadline, 100);
    pass(10_000);
    assertEquals(2, expiries.size());
  }

  @Test
  void movesLater() {
    Deadline deadline = deadline();
    wheel.arm(deadline, 500);
    for (int i = 0; i < 100; i++) {
      pass(300);
      wheel.arm(deadline, 500);
    }
    assertEquals(List.of(), expiries);
    pass(700);
    assertEquals(1, expiries.size());
  }

  @Test
  void movesEarlier() {
    Deadline deadline = deadline();
    wheel.arm(deadline, 60_000);
    wheel.arm(deadline, 200);
    pass(400);
    assertEquals(1, expiries.size());
    pass(200_000);
    assertEquals(1, expiries.size());
  }

  @Test
  void movesEarlierAfterLater() {
    Deadline deadline = deadline();
    wheel.arm(deadline, 200);
    wheel.arm(deadline, 60_000);
    wheel.arm(deadline, 1000);
    pass(900);
    assertEquals(List.of(), expiries);
    pass(400);
    assertEquals(1, expiries.size());
  }

  @Test
  void forgetsWhatIsDisarmed() {
    Deadline deadline = deadline();
    wheel.disarm(deadline);
    wheel.arm(deadline, 100);
    wheel.disarm(deadline);
    wheel.disarm(deadline);
    pass(1000);
    assertEquals(List.of(), expiries);
    wheel.arm(deadline, 100);
    pass(1000);
    assertEquals(1, expiries.size());
  }

  @Test
  void waitsForMoreThanATurnOfTheWheel() {
    wheel.arm(deadline(), 86_400_000);
    pass(86_399_000);
    assertEquals(List.of(), expiries);
    pass(2000);
    assertEquals(1, expiries.size());
  }

  @Test
  void letsAnExpiryArmAndDisarm() {
    List<Deadline> all = new ArrayList<>();
    IntConsumer body =
        i -> {
          expiries.add(i);
          all.forEach(wheel::disarm);
          wheel.arm(all.get(i), 100);
        };
    for (int i = 0; i < 5; i++) {
      int number = i;
      all.add(deadline(() -> body.accept(number)));
      wheel.arm(all.get(i), 100);
    }
    pass(200);
    assertEquals(List.of(0), expiries); // it took the others out, and armed itself again
    pass(200);
    assertEquals(List.of(0, 0), expiries);
  }

  @Test
  void goesOnWhenAnExpiryFails() {
    wheel.arm(
        deadline(
            () -> {
              throw new IllegalStateException("on purpose");
            }),
        100);
    wheel.arm(deadline(), 100);
    wheel.arm(deadline(), 200);
    pass(500);
    assertEquals(2, expiries.size());
  }

  @Test
  void anErrorEndsOnlyTheConnectionOfItsDeadline() {
    List<Throwable> errors =
        List.of(
            new OutOfMemoryError("injected"),
            new StackOverflowError("injected"),
            new LinkageError("injected"),
            new AssertionError("injected"));
    List<Throwable> ended = new ArrayList<>();
    for (Throwable error : errors) {
      wheel.arm(
          new Deadline(
              () -> {
                throw (Error) error;
              },
              ended::add),
          100);
      wheel.arm(deadline(), 100);
    }
    wheel.arm(deadline(), 200);
    pass(500);
    assertEquals(errors, ended);
    assertEquals(errors.size() + 1, expiries.size());
  }

  @Test
  void whatEndsAConnectionMayThrowAsWell() {
    wheel.arm(
        new Deadline(
            () -> {
              throw new LinkageError("injected");
            },
            cause -> {
              throw new StackOverflowError("injected");
            }),
        100);
    wheel.arm(deadline(), 100);
    pass(500);
    assertEquals(1, expiries.size());
  }

  /** The peers of a process that stood still had no chance to answer. */
  @Test
  void takesAStandstillForATick() {
    for (int i = 0; i < 60; i++) {
      wheel.arm(deadline(), i * 1000 + 1);
    }
    millis += 3_600_000;
    wheel.advance(millisToNanos(millis));
    assertEquals(0, expiries.size());
    pass(2000);
    assertEquals(2, expiries.size());
  }

  @Test
  void doesNotHurryWhatIsArmedAfterAPauseThatItDoesNotKnowOf() {
    millis += 900;
    wheel.arm(deadline(), 500);
    wheel.advance(millisToNanos(millis));
    pass(400);
    assertEquals(0, expiries.size());
    pass(300);
    assertEquals(1, expiries.size());
  }

  @Test
  void keepsThousandsInAnyOrder() {
    var random = new Random(20261121);
    int count = 5000;
    int[] due = new int[count];
    int[] expired = new int[count];
    Deadline[] deadlines = new Deadline[count];
    for (int i = 0; i < count; i++) {
      int number = i;
      deadlines[i] = deadline(() -> expired[number] = millis);
    }
    for (int round = 0; round < 2000; round++) {
      for (int i = 0; i < 10; i++) {
        int number = random.nextInt(count);
        int wait = 1 + random.nextInt(150_000);
        wheel.arm(deadlines[number], wait);
        due[number] = millis + wait;
        expired[number] = 0;
        if (random.nextInt(10) == 0) {
          wheel.disarm(deadlines[number]);
          due[number] = 0;
        }
      }
      pass(TICK);
    }
    pass(200_000);
    for (int i = 0; i < count; i++) {
      assertTrue(
          due[i] == 0 ? expired[i] == 0 : expired[i] >= due[i] && expired[i] <= due[i] + 2 * TICK,
          "due " + due[i] + " expired " + expired[i]);
    }
  }

  // Rests ----------------------------------------------------------------------------------------

  @Test
  void restsForAnHourWhereThereIsNoDeadline() {
    passWithRests(1_100);
    assertEquals(1, passWithRests(3_600_000));
    Deadline deadline = deadline();
    wheel.arm(deadline, 100);
    assertEquals(1, wakes);
    wheel.disarm(deadline);
    passWithRests(1_200);
    assertEquals(1, passWithRests(3_600_000));
  }

  @Test
  void restsForASecondAtATimeWhileItsDeadlinesAreFar() {
    wheel.arm(deadline(), 60_000);
    passWithRests(1_100);
    assertEquals(50, passWithRests(50_000), 1);
    assertEquals(List.of(), expiries);
    passWithRests(10_000);
    assertEquals(List.of(65_100), expiries);
  }

  @Test
  void doesNotRestUntilASecondAfterItsLastUse() {
    for (int i = 0; i < 20; i++) {
      wheel.arm(deadline(), 60_000);
      assertEquals(9, passWithRests(900), 1);
    }
    assertEquals(0, wakes);
  }

  @Test
  void restsNoLongerThanTheLoopAllows() {
    pass(1_000);
    assertEquals(1, wheel.rest(1));
    assertEquals(DeadlineWheel.REST_TICKS, wheel.rest(DeadlineWheel.REST_TICKS));
    assertEquals(DeadlineWheel.LONG_REST_TICKS, wheel.rest(DeadlineWheel.LONG_REST_TICKS));
  }

  @Test
  void eachUseEndsARestAndSeesTheTimeThatHasPassed() {
    Deadline deadline = deadline();
    List<Runnable> uses =
        List.of(
            () -> wheel.arm(deadline, 500),
            () -> wheel.armAtLatest(deadline, 400),
            () -> wheel.armAtLatest(deadline, 300, 300),
            () -> wheel.millisSinceArmed(deadline, 100),
            () -> wheel.millisAfter(100),
            wheel::nowMillis);
    for (Runnable use : uses) {
      wheel.disarm(deadline);
      passWithRests(2_000);
      long before = wheel.nowMillis();
      passWithRests(1_000_000);
      int earlier = wakes;
      use.run();
      assertEquals(earlier + 1, wakes);
      assertEquals(1_000_000, (int) (wheel.nowMillis() - before), TICK);
    }
  }

  @Test
  void afterARestItExpiresNeverEarlyAndAtMostTwoTicksLate() {
    var random = new Random(20261127);
    Deadline far = deadline(() -> {});
    for (int i = 0; i < 2_000; i++) {
      if (i % 2 == 0) {
        wheel.arm(far, 100_000);
      } else {
        wheel.disarm(far);
      }
      passWithRests(1_000 + random.nextInt(3_000));
      int wait = 1 + random.nextInt(3_000);
      int armed = millis;
      expiries.clear();
      wheel.arm(deadline(), wait);
      passWithRests(wait + 3 * TICK);
      assertEquals(1, expiries.size());
      int took = expiries.get(0) - armed;
      assertTrue(took >= wait && took <= wait + 2 * TICK, wait + " ms took " + took);
    }
  }

  @Test
  void takesAStandstillInARestForASecondAtMost() {
    for (int i = 2; i < 60; i++) {
      wheel.arm(deadline(), i * 1_000 + 1);
    }
    passWithRests(1_050);
    millis += 3_600_000;
    nextTick = millis;
    passWithRests(1_000);
    assertTrue(expiries.size() <= 2, expiries::toString);
  }
}
