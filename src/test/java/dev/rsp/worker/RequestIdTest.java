// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code request_id}: one id from the client's request to the backend, the log and the answer. */
@Timeout(20)
final class RequestIdTest {
  private static final String KEY = "request_id = \"X-Request-ID\"";
  private static final Pattern LINE = Pattern.compile("X-Request-ID: ([^\r]*)\r\n");

  @TempDir private Path directory;

  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig(KEY);
  }

  private static String id(String head) {
    Matcher found = LINE.matcher(head);
    assertTrue(found.find(), head);
    String id = found.group(1);
    assertTrue(!found.find(), head);
    return id;
  }

  private static String request(String... more) {
    return Messages.lines("GET / HTTP/1.1", "Host: a", String.join("\r\n", more));
  }

  private String logTo(Path log) {
    return "access_log = { path = '%s', format = '$request_id' }".formatted(log);
  }

  @Test
  void aBackendGetsANewIdForEachRequestAndNotTheClientsOwn() throws Exception {
    EmbeddedPeer client = rig.client(request("x-request-id: forged", "X_Request_ID: forged"));
    EmbeddedPeer backend = rig.backend();
    String first = backend.take();
    backend.send(Messages.ok("1"));
    client.take();
    client.send(request("X-Request-ID: forged"));
    rig.rest();
    String second = backend.take();
    backend.send(Messages.ok("2"));
    client.take();
    rig.expectEndings("served=2");
    assertTrue(id(first).matches("[0-9a-f]{32}"), first);
    assertTrue(!first.contains("forged"), first);
    assertNotEquals(id(first), id(second));
  }

  @Test
  void theIdOfATrustedProxyIsPassedOnAndLogged() throws Exception {
    Path log = directory.resolve("log");
    rig.serve(EmbeddedRig.config(KEY, "trusted_proxies = '127.0.0.0/8'", logTo(log)));
    EmbeddedPeer client = rig.client(request("X-Request-ID: from-the-edge"));
    EmbeddedPeer backend = rig.backend();
    assertEquals("from-the-edge", id(backend.take()));
    backend.send(Messages.ok("1"));
    client.take();
    rig.expectEndings("served=1");
    rig.closeAccessLog();
    assertEquals(List.of("from-the-edge"), Files.readAllLines(log));
  }

  @Test
  void anAnswerOfTheProxyNamesTheIdThatIsInTheLog() throws Exception {
    Path log = directory.resolve("log");
    rig.serve(EmbeddedRig.config(KEY, logTo(log), "timeouts = { connect_retry = 0 }"));
    EmbeddedPeer client = rig.client(request("X: y"));
    assertTrue(rig.refusedIfAsked());
    String answer = client.take();
    rig.expectEndings("connect_failed=1");
    rig.closeAccessLog();
    String logged = Files.readAllLines(log).get(0);
    assertTrue(answer.endsWith("\nrequest id: " + logged + "\n"), answer);
  }

  @Test
  void aRequestThatIsSentAgainKeepsItsId() throws Exception {
    EmbeddedPeer client = rig.client(request("X: y"));
    EmbeddedPeer backend = rig.backend();
    backend.take();
    backend.send(Messages.ok("1"));
    client.take();
    client.send(request("X: y"));
    rig.rest();
    String first = backend.take();
    backend.end();
    rig.rest();
    EmbeddedPeer other = rig.backend();
    assertEquals(id(first), id(other.take()));
    other.send(Messages.ok("2"));
    client.take();
    rig.expectEndings("served=2");
  }
}
