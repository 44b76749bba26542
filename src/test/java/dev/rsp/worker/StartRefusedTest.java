// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.get;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.exchange.Ending;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests for sites that sleep and are not woken, or not in time, or not for so many. */
@EachTransport
final class StartRefusedTest extends SleepingSites {
  private static final String PERSON = "Accept: text/html,*/*\r\n\r\n";

  @Test
  void refusesWhatFailsToStartAndRemembersIt() throws Exception {
    Peer client = rig.client(get("f", "/"));
    client.expectRefusal(503, "this site could not be started");
    client.send(get("f", "/"));
    client.expectRefusal(503, "this site could not be started");
    assertEquals("POST f", calls.take());
    assertTrue(calls.isEmpty());
  }

  @Test
  void tellsThatThereIsNoSuchSite() throws Exception {
    rig.client(get("n", "/")).expectRefusal(404, "no such site");
    assertEquals(1, rig.endings(Ending.SITE_UNKNOWN));
  }

  @Test
  void refusesWhatDoesNotComeUpInTime() throws Exception {
    reload("timeout = 0.2");
    rig.client(get("a", "/")).expectRefusal(503, "this site could not be started");
    assertEquals(1, rig.endings(Ending.START_FAILED));
  }

  @Test
  void showsAPersonAPageThatAsksAgain() throws Exception {
    Peer client = rig.client(get("f", "/").replace("\r\n\r\n", "\r\n" + PERSON));
    String head = client.head("HTTP/1.1 503 Service Unavailable");
    for (String field :
        new String[] {
          "Content-Type: text/html; charset=utf-8", "Refresh: 2", "Retry-After: 2", "no-store"
        }) {
      assertTrue(head.contains(field), head);
    }
    int length = Integer.parseInt(head.replaceFirst("(?s).*Content-Length: (\\d+).*", "$1"));
    String page = new String(client.read(length), US_ASCII);
    assertTrue(page.startsWith("<!DOCTYPE html>"), page);
    assertTrue(page.contains("this site could not be started"), page);
    assertTrue(page.contains("http-equiv=\"refresh\""), page);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Accept: application/json\r\n\r\n",
        "X-Requested-With: XMLHttpRequest\r\nAccept: text/html\r\n\r\n",
        "Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n\r\n",
      })
  void showsAProgramNoPage(String fields) throws Exception {
    rig.client(get("f", "/").replace("\r\n\r\n", "\r\n" + fields))
        .expectRefusal(503, "this site could not be started");
  }

  @Test
  void refusesOneMoreThanMayWait() throws Exception {
    reload("waiting = 2");
    rig.client(get("a", "/1"));
    rig.client(get("a", "/2"));
    awaitWaiting(2);
    rig.client(get("a", "/3")).expectRefusal(503, "too many wait for this site to start");
  }

  @Test
  void refusesOneSiteMoreThanMayStart() throws Exception {
    reload("starting = 1");
    rig.client(get("a", "/"));
    awaitWaiting(1);
    rig.client(get("b", "/")).expectRefusal(503, "too many sites are starting");
    assertEquals(1, rig.endings(Ending.LIMIT_WAITING));
  }

  @Test
  void isABadGatewayIfTheSiteWasStartedBefore() throws Exception {
    Files.createFile(directory.resolve("a.ini"));
    reload("unless_exists = '" + directory + "/{host}.ini'");
    rig.client(get("a", "/")).expectRefusal(502, "the backend cannot be reached");
    assertTrue(calls.isEmpty());
  }

  /** The next look is 10 s away, and a JVM may need seconds for its first call of a URL. */
  @ParameterizedTest
  @CsvSource({"e, 502, the backend cannot be reached", "n, 404, no such site"})
  void tellsABadEndAtOnceAndNotWithTheNextLook(String host, int status, String why)
      throws Exception {
    Files.createFile(directory.resolve("e.ini"));
    reload("poll = 10, unless_exists = '" + directory + "/{host}.ini'");
    Peer client = rig.client(get(host, "/"));
    assertTimeout(Duration.ofSeconds(9), () -> client.expectRefusal(status, why));
  }

  @Test
  void endsTheWaitWhenItStops() throws Exception {
    Peer client = rig.client(get("a", "/"));
    awaitWaiting(1);
    rig.drain();
    client.expectRefusal(503, "the proxy is stopping");
    assertEquals(1, rig.endings(Ending.DRAINED));
    client.expectEnd();
  }
}
