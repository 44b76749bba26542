// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code lenient.response_lf}: LF alone in heads and chunk lines of a backend. */
@Timeout(60)
final class LoneLfTest {
  private static final String RESPONSE =
      "HTTP/1.1 200 OK\nDate: x\nTransfer-Encoding: chunked\n\n3\nabc\n2;a=b\r\nde\n0\nX: y\n\n";

  /** A chunk as rsp writes it. */
  private static final Pattern CHUNK = Pattern.compile("([0-9a-f]+)\r\n");

  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig("lenient = { response_lf = true }");
  }

  /** The content of chunks in the strict form. */
  private static String content(String chunks) {
    StringBuilder content = new StringBuilder();
    Matcher size = CHUNK.matcher(chunks);
    int at = 0;
    while (true) {
      assertTrue(size.find(at) && size.start() == at, chunks);
      int length = Integer.parseInt(size.group(1), 16);
      int end = size.end() + length;
      assertEquals("\r\n", chunks.substring(end, end + 2), chunks);
      content.append(chunks, size.end(), end);
      at = end + 2;
      if (length == 0) {
        assertEquals(chunks.length(), at);
        return content.toString();
      }
    }
  }

  @Test
  void theClientGetsTheStrictFormWhereverTheBytesAreCut() {
    String head = "HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    EmbeddedPeer client = rig.client();
    for (int at = 0; at <= RESPONSE.length(); at++) {
      client.send(GET);
      rig.rest();
      EmbeddedPeer backend = rig.backend();
      backend.send(RESPONSE.substring(0, at));
      rig.rest();
      backend.send(RESPONSE.substring(at));
      String taken = client.take();
      assertTrue(taken.startsWith(head), taken);
      assertEquals("abcde", content(taken.substring(head.length())), "cut at " + at);
      backend.end();
      rig.rest();
    }
    rig.expectEndings("served=" + (RESPONSE.length() + 1));
  }

  @Test
  void theConnectionOfTheBackendIsUsedAgain() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.backend();
    backend.send(RESPONSE);
    client.take();
    client.send(GET);
    rig.rest();
    backend.send(RESPONSE);
    assertTrue(client.take().endsWith("0\r\n\r\n"));
    rig.expectEndings("served=2");
  }
}
