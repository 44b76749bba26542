// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Every key that a configuration file may set, with defaults and ranges. */
final class Keys {
  static final String LISTEN = "listen";
  static final String BACKENDS = "backends";
  static final String TIMEOUTS = "timeouts";
  static final String LIMITS = "limits";
  static final String DEFAULT_HOST = "default_host";
  static final String SELECT = "select";
  static final String FORWARDED = "forwarded";

  /** One loop per core; more only cost memory and a wake-up each. */
  static final NumberKey LOOPS =
      NumberKey.count("loops", Runtime.getRuntime().availableProcessors(), 1, 1024, "loops");

  static final String NAME = "name";
  static final String ADDRESS = "address";
  static final List<String> SLOT = List.of(NAME, ADDRESS);

  // HAProxy's documentation proposes 10 s for a head (slow clients of a bad line need some) and
  // connect times above 3 s (one lost SYN is sent again after 1 s, two after 3 s: RFC 6298 §2).
  static final NumberKey HEAD = NumberKey.seconds("head", 10);
  static final NumberKey CONNECT = NumberKey.seconds("connect", 3);

  // nginx: proxy_read_timeout, client_body_timeout and send_timeout are 60 s, keepalive_timeout 75
  // s.
  static final NumberKey RESPONSE = NumberKey.seconds("response", 60);
  static final NumberKey IDLE = NumberKey.seconds("idle", 60);
  static final NumberKey KEEPALIVE = NumberKey.seconds("keepalive", 75);

  /** Below the 5 s after which Node.js and Apache close an idle connection. */
  static final NumberKey BACKEND_KEEPALIVE = NumberKey.seconds("backend_keepalive", 4);

  /** nginx: lingering_timeout. */
  static final NumberKey LINGER = NumberKey.seconds("linger", 5);

  static final NumberKey DRAIN = NumberKey.seconds("drain", 30);

  /** HAProxy's documentation proposes 1 h for its timeout of this name: WebSockets may be quiet. */
  static final NumberKey TUNNEL = NumberKey.seconds("tunnel", 3600);

  static final List<NumberKey> ALL_TIMEOUTS =
      List.of(HEAD, CONNECT, RESPONSE, IDLE, KEEPALIVE, BACKEND_KEEPALIVE, LINGER, DRAIN, TUNNEL);

  /** nginx: large_client_header_buffers, all four of 8 KiB. */
  static final NumberKey HEAD_BYTES =
      NumberKey.count("head_bytes", 32 << 10, 512, 1 << 20, "bytes");

  /** Apache: LimitRequestFields. */
  static final NumberKey FIELDS = NumberKey.count("fields", 100, 1, 10_000, "fields");

  /** RFC 9112 §3 asks for 8000 octets at least; nginx takes one buffer of 8 KiB. */
  static final NumberKey TARGET_BYTES =
      NumberKey.count("target_bytes", 8 << 10, 64, 1 << 20, "bytes");

  static final NumberKey CONNECTIONS =
      NumberKey.count("connections", 20_000, 1, 1_000_000, "connections");
  static final NumberKey BACKEND_IDLE =
      NumberKey.count("backend_idle", 256, 0, 65_536, "connections");

  static final List<NumberKey> ALL_LIMITS =
      List.of(HEAD_BYTES, FIELDS, TARGET_BYTES, CONNECTIONS, BACKEND_IDLE);

  static final List<String> GLOBALS =
      List.of(LISTEN, BACKENDS, TIMEOUTS, LIMITS, LOOPS.name(), DEFAULT_HOST, FORWARDED, SELECT);

  private Keys() {}

  /** The globals, and the keys inside them as {@code timeouts.head}. */
  static List<String> all() {
    List<String> all = new ArrayList<>(GLOBALS);
    all.addAll(within(TIMEOUTS, names(ALL_TIMEOUTS).stream()));
    all.addAll(within(LIMITS, names(ALL_LIMITS).stream()));
    return all;
  }

  static List<String> names(List<NumberKey> keys) {
    return keys.stream().map(NumberKey::name).toList();
  }

  private static List<String> within(String table, Stream<String> keys) {
    return keys.map(key -> table + "." + key).toList();
  }
}
