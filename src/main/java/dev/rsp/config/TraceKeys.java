// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.trace.TraceSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Reads and checks {@code traces}. */
final class TraceKeys {
  static final String TRACES = "traces";

  static final String ENDPOINT = "endpoint";
  static final String SAMPLE = "sample";
  static final String SERVICE = "service";
  static final List<String> ALL = List.of(ENDPOINT, SAMPLE, SERVICE);

  /** A trace of every request of a busy balancer is more than most collectors take. */
  static final double DEFAULT_SHARE = 0.01;

  static final String DEFAULT_SERVICE = "rsp";

  private static final String ENDPOINTS =
      "the URL of a collector that takes OTLP over HTTP, such as"
          + " \"http://127.0.0.1:4318/v1/traces\"";

  private final Problems problems;

  TraceKeys(Problems problems) {
    this.problems = problems;
  }

  /** The settings; null if the key is not set. */
  @Nullable TraceSettings read(LuaValue value) {
    KeyPath path = KeyPath.global(TRACES);
    if (value.isnil()) {
      return null;
    }
    if (!(value instanceof LuaTable table)) {
      problems.add(
          path, value, "a table such as { endpoint = \"http://127.0.0.1:4318/v1/traces\" }");
      return null;
    }
    var section = new Section(path, table, problems);
    section.rejectUnknownKeys(ALL);
    String endpoint = endpoint(path.key(ENDPOINT), section.get(ENDPOINT));
    double share = section.share(SAMPLE, DEFAULT_SHARE);
    String service = service(path.key(SERVICE), section.get(SERVICE));
    return endpoint == null ? null : new TraceSettings(endpoint, share, service);
  }

  private @Nullable String endpoint(KeyPath path, LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    if (!isEndpoint(text)) {
      problems.add(path, value, ENDPOINTS);
      return null;
    }
    return text;
  }

  private static boolean isEndpoint(String text) {
    try {
      URI uri = new URI(text);
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getUserInfo() == null
          && uri.getFragment() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private String service(KeyPath path, LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    boolean fits = !text.isEmpty() && Syntax.isVisible(text);
    if (!value.isnil() && !fits) {
      problems.add(path, value, "a name in visible ASCII characters");
    }
    return fits ? text : DEFAULT_SERVICE;
  }
}
