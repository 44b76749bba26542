// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.Evictions.Shortage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A loop without idle connections asks the others. */
@Timeout(60)
final class EvictionsTest {
  private final Evictions evictions = new Evictions();
  private final List<Integer> results = new ArrayList<>();

  private final class Loop implements Evictions.Source {
    private int idle;
    private int asked;
    private boolean ended;

    Loop(int idle) {
      this.idle = idle;
      evictions.add(this);
    }

    @Override
    public void execute(Runnable task) {
      if (ended) {
        throw new RejectedExecutionException();
      }
      task.run();
    }

    @Override
    public int evict(Shortage what, int most) {
      asked++;
      int closed = Math.min(idle, most);
      idle -= closed;
      return closed;
    }
  }

  private boolean ask(Loop own, int most) {
    return evictions.askOthers(own, Shortage.CONNECTIONS, most, results::add);
  }

  @Test
  void oneAfterTheOtherUntilEnoughAreClosed() {
    Loop own = new Loop(5);
    Loop second = new Loop(0);
    Loop third = new Loop(2);
    Loop fourth = new Loop(5);
    assertTrue(ask(own, 2));
    assertEquals(List.of(2), results);
    assertEquals(0, own.asked);
    assertEquals(1, second.asked);
    assertEquals(0, third.idle);
    assertEquals(0, fourth.asked);
    assertTrue(ask(own, 3));
    assertEquals(List.of(2, 3), results);
    assertEquals(2, fourth.idle);
  }

  @Test
  void eachLoopBeginsWithTheNextOne() {
    new Loop(1);
    new Loop(1);
    Loop last = new Loop(0);
    assertTrue(ask(last, 2));
    assertEquals(List.of(2), results);
  }

  @Test
  void thatNoneIsIdleIsAnAnswerToo() {
    Loop own = new Loop(1);
    new Loop(0);
    assertTrue(ask(own, 1));
    assertEquals(List.of(0), results);
    assertEquals(1, own.idle);
  }

  @Test
  void loopsThatHaveEndedAreLeftOut() {
    Loop own = new Loop(0);
    new Loop(3).ended = true;
    Loop last = new Loop(3);
    assertTrue(ask(own, 1));
    assertEquals(List.of(1), results);
    evictions.remove(last);
    assertTrue(ask(own, 1));
    assertEquals(List.of(1, 0), results);
  }

  @Test
  void aLoopAloneHasNobodyToAsk() {
    assertFalse(ask(new Loop(1), 1));
    assertEquals(List.of(), results);
  }
}
