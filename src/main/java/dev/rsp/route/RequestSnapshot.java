// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.http.Client;
import dev.rsp.http.HostName;
import dev.rsp.http.RequestHead;
import dev.rsp.lua.RequestView;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A request as immutable values, independent of the buffer of its head: for a request that a tool
 * asks about, or one that is routed again later.
 *
 * @param host canonical
 * @param path up to the question mark
 * @param query after it, or empty
 * @param scheme {@code http} or {@code https}
 * @param tls the TLS session; null in clear
 * @param client an IP address, or {@code unix:}
 * @param fields the first value of each field, by lower-case name
 */
public record RequestSnapshot(
    String host,
    String method,
    String path,
    String query,
    String scheme,
    @Nullable Tls tls,
    String client,
    Map<String, String> fields)
    implements RequestView {
  public RequestSnapshot {
    fields = Map.copyOf(fields);
  }

  /**
   * A GET without fields, from 192.0.2.1.
   *
   * @param host in any spelling
   * @param target path and query, from {@code /}
   * @return null if the host is invalid
   */
  public static @Nullable RequestSnapshot get(String host, String target) {
    return request("GET", host, target, Map.of());
  }

  /**
   * A request from 192.0.2.1 (RFC 5737).
   *
   * @param host in any spelling
   * @param target path and query, from {@code /}
   * @param fields by names in any case
   * @return null if the host is invalid
   */
  public static @Nullable RequestSnapshot request(
      String method, String host, String target, Map<String, String> fields) {
    String canonical = HostName.canonicalise(host);
    if (canonical == null) {
      return null;
    }
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    Map<String, String> lower = new TreeMap<>();
    fields.forEach((name, value) -> lower.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
    return new RequestSnapshot(
        canonical,
        method,
        path.isEmpty() ? "/" : path,
        mark < 0 ? "" : target.substring(mark + 1),
        "http",
        null,
        "192.0.2.1",
        lower);
  }

  /** Copies a request's head. */
  public static RequestSnapshot of(RequestHead head, Client client) {
    Map<String, String> fields = new TreeMap<>();
    head.eachField((name, value) -> fields.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
    return new RequestSnapshot(
        head.host(),
        head.methodText(),
        head.path(),
        head.query(),
        client.scheme(),
        RequestHeadView.tls(client.tls()),
        client.text(),
        fields);
  }

  @Override
  public @Nullable String header(String name) {
    return fields.get(name.toLowerCase(Locale.ROOT));
  }
}
