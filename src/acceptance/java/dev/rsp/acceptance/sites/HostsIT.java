// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.sites;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.Eventually;
import dev.rsp.Rule;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each host reaches its own backend, also when one client connection has requests for many hosts.
 */
final class HostsIT {
  private static final int SLOW_MILLIS = 300;

  /** The slow backend answers {@code /held} after a permit of this is released. */
  private static final Semaphore HELD = new Semaphore(0);

  @AutoClose private static RawBackend slow;
  @AutoClose private static RawBackend fast;
  @AutoClose private static RawBackend third;
  @AutoClose private static Rsp rsp;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    slow =
        RawBackend.answering(
            (head, wire) -> {
              if (RawBackend.target(head).equals("/held")) {
                HELD.acquireUninterruptibly();
              } else {
                Eventually.pause(SLOW_MILLIS);
              }
              RawBackend.naming("slow").answer(head, wire);
            });
    fast = RawBackend.named("fast");
    third = RawBackend.named("third");
    rsp =
        Rsp.serving(
            directory,
            Rsp.byName(
                Rsp.slot("slow", slow.address()),
                Rsp.slot("fast", fast.address()),
                Rsp.slot("third", third.address())));
  }

  @Test
  void theHostsOfAKeptConnectionReachTheirBackends() throws IOException {
    try (RawClient client = rsp.connect()) {
      for (int i = 0; i < 50; i++) {
        assertEquals("fast fast /" + i, client.get("fast", "/" + i).body());
        assertEquals("third third /" + i, client.get("third", "/" + i).body());
      }
      assertEquals("slow slow /", client.get("slow", "/").body());
    }
  }

  @Test
  @Rule(77)
  void pipelinedRequestsAreAnsweredInTheirOrder() throws IOException {
    List<String> hosts = List.of("slow", "fast", "third", "fast", "slow", "third");
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < hosts.size(); i++) {
      requests.append("GET /%d HTTP/1.1\r\nHost: %s\r\n\r\n".formatted(i, hosts.get(i)));
    }
    List<String> answers = new ArrayList<>();
    try (RawClient client = rsp.connect()) {
      client.send(requests.toString());
      for (int i = 0; i < hosts.size(); i++) {
        answers.add(client.read().body());
      }
    }
    for (int i = 0; i < hosts.size(); i++) {
      assertEquals("%1$s %1$s /%2$d".formatted(hosts.get(i), i), answers.get(i));
    }
  }

  @Test
  @Rule(50)
  void aBodyBetweenPipelinedRequestsBelongsToItsOwn() throws IOException {
    try (RawClient client = rsp.connect()) {
      client.send(
          "POST /1 HTTP/1.1\r\nHost: fast\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "5\r\nGET /\r\n0\r\n\r\n"
              + "POST /2 HTTP/1.1\r\nHost: third\r\nContent-Length: 3\r\n\r\nabc"
              + "GET /3 HTTP/1.1\r\nHost: fast\r\n\r\n");
      assertEquals("fast fast /1", client.read().body());
      assertEquals("third third /2", client.read().body());
      assertEquals("fast fast /3", client.read().body());
    }
  }

  @Test
  void aSlowHostDelaysNoOtherHost() throws IOException {
    try (RawClient waiting = rsp.connect()) {
      waiting.send("GET /held HTTP/1.1\r\nHost: slow\r\n\r\n");
      for (int i = 0; i < 10; i++) { // on each loop
        assertEquals(200, rsp.get("fast", "/").status());
      }
      HELD.release();
      assertEquals("slow slow /held", waiting.read().body());
    }
  }

  @Test
  @Rule(20)
  void theSameHostInAnyOfItsFormsIsTheSame() throws IOException {
    for (String host : List.of("fast", "FAST", "Fast:8080", "fast.", "fast:80")) {
      assertEquals("fast", rsp.get(host, "/").body().split(" ", 2)[0], host);
    }
    try (RawClient client = rsp.connect()) {
      client.send("GET http://Fast/abs HTTP/1.1\r\nHost: fast\r\n\r\n");
      assertEquals("fast", client.read().body().split(" ", 2)[0]);
    }
  }
}
