// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The files of the page for browsers, which the build puts into the class path. Thread-safe. */
public final class Page {
  /** All that it loads is its own; it is in no frame, and sends no form. */
  static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

  /** Files have these types alone, so that no class of rsp is served. */
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon",
          "woff2", "font/woff2",
          "json", "application/json",
          "webmanifest", "application/manifest+json",
          "txt", "text/plain; charset=utf-8");

  /** A name without slashes and without a dot at its beginning: no way up. */
  private static final Pattern PATH =
      Pattern.compile("/(assets/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,200}\\.([a-z0-9]{1,12}))");

  /** Names below here contain a hash of the content, so that it never changes. */
  private static final String HASHED = "/assets/";

  private static final int ETAG_CHARS = 32;

  private final Function<String, @Nullable InputStream> files;
  private final Map<String, Content> read = new ConcurrentHashMap<>();

  /** A page. Only as many files are kept as there are. */
  Page(Function<String, @Nullable InputStream> files) {
    this.files = files;
  }

  /** The page of this build. */
  public static Page shipped() {
    return new Page(name -> Page.class.getResourceAsStream("/dev/rsp/page/" + name));
  }

  /** A file. Immutable. */
  static final class Content {
    private final byte[] bytes;
    private final String type;
    private final String etag;
    private final String caching;

    private Content(byte[] bytes, String type, String etag, String caching) {
      this.bytes = bytes;
      this.type = type;
      this.etag = etag;
      this.caching = caching;
    }

    /** To be read only. */
    byte[] bytes() {
      return bytes;
    }

    String type() {
      return type;
    }

    /** The entity tag with its quotes: RFC 9110 §8.8.3. */
    String etag() {
      return etag;
    }

    /** The value of Cache-Control. */
    String caching() {
      return caching;
    }
  }

  /** Whether a path is the page's: no command has such a path. */
  static boolean has(String path) {
    return path.equals("/") || PATH.matcher(path).matches();
  }

  /** The file of a path; null if there is none. Blocks. */
  @Nullable Content file(String path) {
    Matcher asset = PATH.matcher(path);
    if (!path.equals("/") && !asset.matches()) {
      return null;
    }
    String name = path.equals("/") ? "index.html" : asset.group(1);
    String type = TYPES.get(path.equals("/") ? "html" : asset.group(2));
    Content known = read.get(name);
    if (known != null || type == null) {
      return known;
    }
    try (InputStream in = files.apply(name)) {
      if (in == null) {
        return null;
      }
      byte[] bytes = in.readAllBytes();
      String caching = path.startsWith(HASHED) ? "public, max-age=31536000, immutable" : "no-cache";
      var content = new Content(bytes, type, etag(bytes), caching);
      read.put(name, content);
      return content;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String etag(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return "\"" + HexFormat.of().formatHex(digest).substring(0, ETAG_CHARS) + "\"";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("each Java has it", e);
    }
  }
}
