// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import dev.rsp.metrics.Figures;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A daemon that does as the test says. */
final class TestOperations implements Operations {
  boolean alive = true;
  boolean serving = true;
  boolean broken;

  /** How often it was asked whether it is alive, and a permit if it answers. */
  final AtomicInteger aliveAsked = new AtomicInteger();

  final Semaphore aliveAnswers = new Semaphore(1);
  boolean accepts = true;
  volatile long reloadCount;
  final Routes routes = new Routes();
  final List<String> done = Collections.synchronizedList(new ArrayList<>());

  @Override
  public boolean isAlive() {
    aliveAsked.incrementAndGet();
    aliveAnswers.acquireUninterruptibly();
    aliveAnswers.release();
    if (broken) {
      throw new IllegalStateException("broken");
    }
    return alive;
  }

  @Override
  public boolean isServing() {
    return serving;
  }

  @Override
  public List<String> status() {
    if (broken) {
      throw new IllegalStateException("broken");
    }
    return List.of("one", "two");
  }

  @Override
  public Map<String, @Nullable Object> values() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("name", "\u00fc");
    values.put("nothing", null);
    return values;
  }

  @Override
  public byte[] configuration() {
    return new byte[] {'l', (byte) 0xfc};
  }

  @Override
  public Figures.Text metrics(@Nullable String accept) {
    var figures = new Figures();
    figures.count("test", "A test.", 1, "accept", String.valueOf(accept));
    return figures.text(accept);
  }

  @Override
  public Verdict reload(String peer) {
    done.add("reload by " + peer);
    return new Verdict(accepts, List.of("said"));
  }

  @Override
  public long reloads() {
    return reloadCount;
  }

  @Override
  public List<Map<String, @Nullable Object>> reloadsSince(long seen) {
    return seen < reloadCount ? List.of(Map.of("reload", reloadCount)) : List.of();
  }

  @Override
  public Routes routes() {
    return routes;
  }
}
