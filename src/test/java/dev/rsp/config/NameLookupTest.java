// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.NameLookup.Answer.Found;
import dev.rsp.config.NameLookup.Answer.NotFound;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class NameLookupTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void noNamesNeedNoAnswer() {
    assertEquals(Map.of(), new NameLookup(ConfigFile.RESOLVER, LONG).lookUp(Set.of()));
  }

  @Test
  void everyNameGetsItsAnswer() throws Exception {
    assertEquals(
        Map.of(
            "app1", new Found(ConfigFile.ip("10.0.0.7")),
            "nope.example", new NotFound("Name or service not known")),
        new NameLookup(ConfigFile.RESOLVER, LONG).lookUp(Set.of("app1", "nope.example")));
  }

  @Test
  void namesAreAskedForAtTheSameTime() {
    var bothAsked = new CountDownLatch(2);
    Resolver together =
        name -> {
          bothAsked.countDown();
          await(bothAsked);
          return ConfigFile.RESOLVER.resolve("app");
        };
    assertTimeoutPreemptively(
        LONG,
        () ->
            new NameLookup(together, LONG)
                .lookUp(Set.of("a", "b"))
                .values()
                .forEach(answer -> assertInstanceOf(Found.class, answer)));
  }

  @Test
  void aNameServerThatHangsEndsTheWaitAndNotTheOtherNames() throws Exception {
    var never = new CountDownLatch(1);
    Resolver hanging =
        name -> {
          if (name.equals("slow")) {
            await(never);
          }
          return ConfigFile.RESOLVER.resolve("app");
        };
    assertEquals(
        Map.of(
            "slow", new NotFound("no answer within 2.5 s"),
            "app", new Found(ConfigFile.ip("10.0.0.7"))),
        new NameLookup(hanging, Duration.ofMillis(2500)).lookUp(Set.of("slow", "app")));
  }

  @Test
  void aThreadThatIsToStopDoesNotWait() {
    var never = new CountDownLatch(1);
    Resolver hanging =
        name -> {
          await(never);
          return ConfigFile.RESOLVER.resolve(name);
        };
    Thread.currentThread().interrupt();
    assertEquals(
        Map.of("app", new NotFound("interrupted")),
        new NameLookup(hanging, LONG).lookUp(Set.of("app")));
    assertTrue(Thread.interrupted());
  }

  @Test
  void theSystemKnowsLocalhost() throws Exception {
    List<InetAddress> addresses = Resolver.SYSTEM.resolve("localhost");
    assertTrue(Resolver.first(addresses).isLoopbackAddress());
  }

  @Test
  void aReasonDoesNotRepeatTheName() {
    assertEquals("unknown host", Resolver.reason("a", new UnknownHostException("a")));
    assertEquals("unknown host", Resolver.reason("a", new UnknownHostException()));
    assertEquals("timed out", Resolver.reason("a", new UnknownHostException("a: timed out")));
    assertEquals(
        "a.b: timed out", Resolver.reason("a", new UnknownHostException("a.b: timed out")));
  }

  private static void await(CountDownLatch latch) throws UnknownHostException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new UnknownHostException("interrupted");
    }
  }
}
