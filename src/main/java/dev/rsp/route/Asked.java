// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.http.HostName;
import dev.rsp.http.RequestHead;
import dev.rsp.lua.RequestView;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A request in values that stay: one that somebody asks about, or one that is to be placed again
 * after its head is gone.
 *
 * @param host canonical
 * @param path up to the question mark
 * @param query after it, or empty
 * @param client an IP address, or {@code unix:}
 * @param fields the first value of each, by names in lower case
 */
public record Asked(
    String host,
    String method,
    String path,
    String query,
    String client,
    Map<String, String> fields)
    implements RequestView {
  public Asked {
    fields = Map.copyOf(fields);
  }

  /**
   * A GET of a target without fields, from 192.0.2.1.
   *
   * @param host in any spelling
   * @param target path and query, from {@code /}
   * @return null if that is no valid host
   */
  public static @Nullable Asked get(String host, String target) {
    return request("GET", host, target, Map.of());
  }

  /**
   * A request from 192.0.2.1 (RFC 5737).
   *
   * @param host in any spelling
   * @param target path and query, from {@code /}
   * @param fields by names in any case
   * @return null if that is no valid host
   */
  public static @Nullable Asked request(
      String method, String host, String target, Map<String, String> fields) {
    String canonical = HostName.canonicalise(host);
    if (canonical == null) {
      return null;
    }
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    Map<String, String> lower = new TreeMap<>();
    fields.forEach((name, value) -> lower.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
    return new Asked(
        canonical,
        method,
        path.isEmpty() ? "/" : path,
        mark < 0 ? "" : target.substring(mark + 1),
        "192.0.2.1",
        lower);
  }

  /** What a head says, to be kept longer than the head. */
  public static Asked of(RequestHead head, Client client) {
    Map<String, String> fields = new TreeMap<>();
    head.eachField((name, value) -> fields.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
    return new Asked(
        head.host(), head.methodText(), head.path(), head.query(), client.text(), fields);
  }

  @Override
  public String scheme() {
    return "http";
  }

  @Override
  public @Nullable String header(String name) {
    return fields.get(name.toLowerCase(Locale.ROOT));
  }
}
