// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Http2Peer.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Attacks on the change of version: what HTTP/1 reads as structure stands in fields of HTTP/2. At
 * most one request reaches a backend, and the referee of the rig finds nothing wrong with it.
 */
@Timeout(60)
final class Http2SmugglingTest {
  private static final Path SEEDS = Path.of("src/fuzz/seeds");

  static Stream<Path> seeds() throws IOException {
    List<Path> all = new ArrayList<>();
    for (String kind : List.of("request", "exchange")) {
      try (Stream<Path> files = Files.list(SEEDS.resolve(kind))) {
        files.sorted().forEach(all::add);
      }
    }
    return all.stream();
  }

  /** Sends a request and content, and returns how many requests a backend has got. */
  private static int requestsFrom(List<String> fields, String content) throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig()) {
      Http2Peer client = Http2Peer.of(rig);
      client.headers(1, content.isEmpty(), fields.toArray(String[]::new));
      if (!content.isEmpty()) {
        client.data(1, content, true);
      }
      EmbeddedPeer backend = rig.backendIfAsked();
      String got = backend == null ? "" : backend.take();
      rig.acceptEndings();
      rig.leave();
      rig.acceptEndings();
      // Each request has one, in front of the fields that rsp adds last.
      return got.split("\r\nVia: 2\\.0 rsp\r\n", -1).length - 1;
    }
  }

  @Test
  void aPlainRequestIsOne() throws Exception {
    assertEquals(1, requestsFrom(List.of(request("GET", "a", "/")), ""));
    assertEquals(1, requestsFrom(List.of(request("POST", "a", "/")), "abc"));
  }

  /**
   * The seeds of the fuzzers for HTTP/1, field by field, with the names as they are and lowered.
   */
  @ParameterizedTest
  @MethodSource("seeds")
  void aSeedOfHttp1IsOneRequestOrNone(Path seed) throws Exception {
    String text = Files.readString(seed, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    String head = end < 0 ? text : text.substring(0, end);
    String content = end < 0 ? "" : text.substring(end + 4);
    String[] lines = head.split("\r\n", -1);
    String[] start = lines[0].split(" ", 3);
    for (boolean lower : new boolean[] {true, false}) {
      List<String> fields = new ArrayList<>();
      fields.addAll(List.of(request(start[0], "a", start.length > 1 ? start[1] : "/")));
      for (int i = 1; i < lines.length; i++) {
        int colon = lines[i].indexOf(':');
        String name = colon < 0 ? lines[i] : lines[i].substring(0, colon);
        String value = colon < 0 ? "" : lines[i].substring(colon + 1).trim();
        if (!name.equalsIgnoreCase("host")) {
          fields.add(lower ? name.toLowerCase(Locale.ROOT) : name);
          fields.add(value);
        }
      }
      assertTrue(requestsFrom(fields, content) <= 1, seed + " " + fields);
    }
  }

  /** Published tricks; each would have become a second request, or another one, of HTTP/1. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x | y\\r\\n\\r\\nGET /admin HTTP/1.1\\r\\nHost: a",
        "x | y\\r\\nTransfer-Encoding: chunked",
        "x | y\\nTransfer-Encoding: chunked",
        "x: y\\r\\ntransfer-encoding | chunked",
        "x\\r\\n\\r\\nGET / HTTP/1.1\\r\\nx | y",
        "transfer-encoding | chunked",
        "transfer-encoding | identity",
        "transfer-encoding\\r | chunked",
        "transfer-encoding | \\u000bchunked",
        "transfer-encoding: chunked\\r\\nx | y",
        "connection | content-length",
        "content-length | 3\\r\\nx: y",
        "content-length | +3",
        "content-length | 3, 3",
        "content-length | 0x3",
        "upgrade | h2c",
        "http2-settings\\0 | x",
        ":path | /other",
        ":authority | b",
        ":method | POST /admin HTTP/1.1\\r\\nHost: b\\r\\n\\r\\nGET",
        ":x | y",
        "host | b",
        "host: a\\r\\nhost | a",
        "expect | 100-continue\\r\\nx: y",
      })
  void aTrickReachesNoBackend(String name, String value) throws Exception {
    List<String> fields = new ArrayList<>(List.of(request("GET", "a", "/")));
    fields.add(name.translateEscapes());
    fields.add(value.replace("\\u000b", "\u000b").translateEscapes());
    assertEquals(0, requestsFrom(fields, "abc"));
  }

  @ParameterizedTest
  @CsvSource({
    ":method, 'GET / HTTP/1.1\r\nHost: b\r\n\r\nGET'",
    ":method, 'GET '",
    ":method, 'G\tT'",
    ":scheme, 'http://b/'",
    ":scheme, 'http\r\n'",
    ":authority, 'b/admin'",
    ":authority, 'a\r\nHost: b'",
    ":authority, 'a b'",
    ":authority, 'a:80:90'",
    ":authority, 'u@a'",
    ":path, '/ HTTP/1.1\r\nHost: b\r\n\r\nGET /'",
    ":path, '/a b'",
    ":path, '/a\tb'",
    ":path, 'http://b/'",
    ":path, '//b/\r\n'",
    ":path, 'admin'",
  })
  void aTrickInAPseudoFieldReachesNoBackend(String name, String value) throws Exception {
    String[] fields = request("GET", "a", "/");
    for (int i = 0; i < fields.length; i += 2) {
      if (fields[i].equals(name)) {
        fields[i + 1] = value;
      }
    }
    assertEquals(0, requestsFrom(List.of(fields), ""));
  }

  /** Names that backends take for others never get there, as in HTTP/1. */
  @Test
  void aSpellingOfAFieldThatFramesIsNotPassedOn() throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig()) {
      Http2Peer client = Http2Peer.of(rig);
      client.headers(
          1,
          true,
          ":method",
          "GET",
          ":scheme",
          "http",
          ":authority",
          "a",
          ":path",
          "/",
          "transfer_encoding",
          "chunked",
          "content_length",
          "5",
          "x_forwarded_for",
          "1.1.1.1");
      String got = rig.backend().take();
      assertTrue(!got.contains("_"), got);
      rig.leave();
      rig.acceptEndings();
    }
  }
}
