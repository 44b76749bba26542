// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The API of operators: which command runs for a method and a path. Commands are added before it is
 * used, and then it may be used by any thread. Commands may block.
 */
public final class Routes {
  private final List<Route> all = new ArrayList<>();

  /**
   * A command.
   *
   * @param segments of its path; one in braces stands for a name
   */
  private record Route(
      String method, List<String> segments, Function<ApiRequest, ApiReply> command) {
    /** The names in a path; null if it is another path. */
    @Nullable Map<String, String> namesIn(List<String> path) {
      if (path.size() != segments.size()) {
        return null;
      }
      Map<String, String> names = new HashMap<>();
      for (int i = 0; i < segments.size(); i++) {
        String segment = segments.get(i);
        if (segment.startsWith("{")) {
          names.put(segment.substring(1, segment.length() - 1), path.get(i));
        } else if (!segment.equals(path.get(i))) {
          return null;
        }
      }
      return names;
    }
  }

  /**
   * Adds a command that changes nothing.
   *
   * @param pattern a path from {@code /}, such as {@code /api/hosts/{host}}. If two fit, the first
   *     runs
   */
  public Routes get(String pattern, Function<ApiRequest, ApiReply> command) {
    all.add(new Route("GET", List.of(pattern.split("/", -1)), command));
    return this;
  }

  /** Adds a command that changes something, or that needs a body. */
  public Routes post(String pattern, Function<ApiRequest, ApiReply> command) {
    all.add(new Route("POST", List.of(pattern.split("/", -1)), command));
    return this;
  }

  /** Each command as {@code GET /api/hosts/{host}}. */
  public Set<String> patterns() {
    Set<String> patterns = new TreeSet<>();
    all.forEach(route -> patterns.add(route.method + " " + String.join("/", route.segments)));
    return patterns;
  }

  /**
   * Runs the command of a request.
   *
   * @param method HEAD is answered as GET
   * @param uri path and query, as received
   */
  ApiReply answer(String method, String uri, byte[] body, String peer) {
    List<String> path;
    Map<String, String> query = new LinkedHashMap<>();
    try {
      var decoder = new QueryStringDecoder(uri);
      path = segments(decoder.rawPath());
      decoder.parameters().forEach((name, values) -> query.put(name, values.get(0)));
    } catch (IllegalArgumentException e) {
      return ApiReply.error(400, "malformed path or query (expected: % and two hex digits)");
    }
    String asked = method.equals("HEAD") ? "GET" : method;
    Set<String> others = new TreeSet<>();
    for (Route route : all) {
      Map<String, String> names = route.namesIn(path);
      if (names != null && route.method.equals(asked)) {
        return route.command.apply(new ApiRequest(names, query, body, peer));
      } else if (names != null) {
        others.add(route.method);
      }
    }
    return others.isEmpty()
        ? ApiReply.error(404, "no such path")
        : ApiReply.error(405, String.join(" or ", others) + " only");
  }

  /** A plus is no blank in a path; %2F is part of a name. */
  private static List<String> segments(String path) {
    List<String> segments = new ArrayList<>();
    for (String segment : path.split("/", -1)) {
      segments.add(QueryStringDecoder.decodeComponent(segment.replace("+", "%2B")));
    }
    return segments;
  }
}
