// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.client.ClientConnection;
import dev.rsp.net.DeadlineWheel;
import dev.rsp.net.LoopMemory;
import dev.rsp.net.MemoryBudget.Level;
import dev.rsp.net.ReadBuffers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Relieves a loop while memory is short: it does not read connections that hold much, and closes
 * those that hold most when memory is exhausted. New requests are served. One per loop.
 */
final class MemoryRelief {
  /** A connection that holds at most one small read is left alone. */
  private static final long SMALL_BYTES = ReadBuffers.MIDDLE_BYTES;

  /** A second, as {@link LoopMemory#trim} asks for. */
  private static final int TICKS_PER_TRIM = DeadlineWheel.REST_TICKS;

  /** Connections closed per tick, so that a tick stays short; there are ten ticks a second. */
  private static final int MOST_PER_TICK = 1_000;

  private final LoopMemory memory;
  private boolean paused;
  private int ticksToTrim = TICKS_PER_TRIM;

  /** What the last tick returned. */
  private int pause = 1;

  MemoryRelief(LoopMemory memory) {
    this.memory = memory;
  }

  /**
   * Checks the use of memory. Call it on each tick.
   *
   * @return for how many ticks it need not be called if the loop is idle meanwhile
   */
  int tick(Collection<ClientConnection> clients) {
    Level level = memory.report();
    ticksToTrim -= Math.min(pause, TICKS_PER_TRIM);
    if (ticksToTrim <= 0) {
      ticksToTrim = TICKS_PER_TRIM;
      memory.trim();
    }
    relieve(level, clients);
    pause =
        paused || !memory.holdsLittle()
            ? 1
            : memory.hasSpare() ? DeadlineWheel.REST_TICKS : DeadlineWheel.LONG_REST_TICKS;
    return pause;
  }

  private void relieve(Level level, Collection<ClientConnection> clients) {
    if (level.compareTo(Level.SHORT) >= 0) {
      paused = true;
      for (ClientConnection client : clients) {
        client.pause(!client.holdsBody() && client.heldBytes() > SMALL_BYTES);
      }
      if (level == Level.EXHAUSTED) {
        closeThoseThatHoldMost(clients);
      }
    } else if (paused) {
      for (ClientConnection client : clients) {
        client.pause(false);
      }
      paused = false; // last: if one of them throws, the next tick repeats this
    }
  }

  private record Holder(ClientConnection client, long bytes) {}

  private void closeThoseThatHoldMost(Collection<ClientConnection> clients) {
    List<Holder> holders = new ArrayList<>();
    for (ClientConnection client : clients) {
      long bytes = client.heldBytes();
      if (bytes > 0) {
        holders.add(new Holder(client, bytes));
      }
    }
    holders.sort(Comparator.comparingLong(Holder::bytes).reversed());
    long excess = memory.excessBytes();
    int closed = 0;
    for (Holder holder : holders) {
      if (excess <= 0 || closed++ == MOST_PER_TICK) {
        break;
      }
      excess -= holder.bytes();
      memory.countEnded();
      holder.client().endForMemory();
    }
    memory.report();
  }
}
