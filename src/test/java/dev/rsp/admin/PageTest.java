// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files browsers get. */
@Timeout(20)
final class PageTest {
  private final List<String> opened = new ArrayList<>();
  private final Page page =
      new Page(
          name -> {
            opened.add(name);
            return new ByteArrayInputStream(name.getBytes(StandardCharsets.UTF_8));
          });

  private Page.Content file(String path) {
    return Objects.requireNonNull(page.file(path), path);
  }

  @Test
  void theFirstPageIsAskedForAgainAndNamesWithAHashAreNot() {
    assertEquals("no-cache", file("/").caching());
    assertEquals("text/html; charset=utf-8", file("/").type());
    assertEquals("public, max-age=31536000, immutable", file("/assets/a-1b.js").caching());
    assertEquals("text/javascript; charset=utf-8", file("/assets/a-1b.js").type());
  }

  @Test
  void aFileIsReadOnceAndKeepsItsTag() {
    assertEquals(file("/").etag(), file("/").etag());
    assertNotEquals(file("/").etag(), file("/assets/a.css").etag());
    assertArrayEquals("index.html".getBytes(StandardCharsets.UTF_8), file("/").bytes());
    assertEquals(List.of("index.html", "assets/a.css"), opened);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/index.html",
        "/status.json",
        "/assets/",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets/%2e%2e/a.js",
        "/assets/a/b.js",
        "/assets/.hidden.js",
        "/assets/a",
        "//assets/a.js",
        "/assets/a.js\n",
        "assets/a.js",
        "",
      })
  void noOtherPathIsAFile(String path) {
    assertFalse(Page.has(path));
    assertNull(page.file(path));
    assertEquals(List.of(), opened);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/assets/Page.class", "/assets/a.lua", "/assets/a.js.map"})
  void otherTypesAreNotServed(String path) {
    assertNull(page.file(path));
    assertEquals(List.of(), opened);
  }
}
