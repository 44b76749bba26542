// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.http.WireOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** All keys of a configuration file, with defaults and ranges. */
final class Keys {
  static final String LISTEN = "listen";
  static final String BACKENDS = "backends";
  static final String TIMEOUTS = "timeouts";
  static final String LIMITS = "limits";
  static final String DEFAULT_HOST = "default_host";
  static final String SELECT = "select";
  static final String FORWARDED = "forwarded";
  static final String TRUSTED_PROXIES = "trusted_proxies";
  static final String UNTRUSTED_FIELDS = "untrusted_fields";
  static final String REQUEST_ID = "request_id";
  static final String CONTROL = "control";
  static final String ABORT_ON_CLOSE = "abort_on_close";
  static final String ON_FAILURE = "on_failure";
  static final String EXISTS_BELOW = "exists_below";
  static final String VIA = "via";
  static final String LENIENT = "lenient";
  static final String RESPONSE_LF = WireOptions.RESPONSE_LF;
  static final String EQUAL_LENGTHS = WireOptions.EQUAL_LENGTHS;
  static final String RAW_TARGETS = WireOptions.RAW_TARGETS;
  static final List<String> ALL_LENIENT = List.of(RESPONSE_LF, EQUAL_LENGTHS, RAW_TARGETS);

  /** One loop per core; each further loop costs memory and wake-ups without benefit. */
  static final NumberKey LOOPS =
      NumberKey.count("loops", Runtime.getRuntime().availableProcessors(), 1, 1024, "loops");

  /** Each costs up to one connect timeout; few clients wait for three of them. */
  static final NumberKey FAILOVER = NumberKey.count("failover", 0, 0, 16, "slots");

  static final String NAME = "name";
  static final String ADDRESS = "address";
  static final String PROTOCOL = "protocol";
  static final NumberKey WEIGHT = NumberKey.count("weight", 1, 0, Slot.MAX_WEIGHT, "shares");
  static final String STATE = "state";
  static final String MODE = "mode";
  static final String OWNER = "owner";
  static final String GROUP = "group";
  static final String TLS = "tls";
  static final String HTTP2 = "http2";
  static final String PROXY_PROTOCOL = "proxy_protocol";
  static final String SEND_PROXY = "send_proxy";
  static final String REDIRECT = "redirect";
  static final String HSTS = "hsts";
  static final String CHECK_HOST = "check_host";
  static final String CLIENT_CA = "client_ca";
  static final String CLIENT_AUTH = "client_auth";
  static final List<String> LISTENER =
      List.of(
          ADDRESS,
          MODE,
          OWNER,
          GROUP,
          TLS,
          HTTP2,
          PROXY_PROTOCOL,
          REDIRECT,
          HSTS,
          CHECK_HOST,
          CLIENT_CA,
          CLIENT_AUTH);
  static final List<String> SLOT =
      List.of(NAME, ADDRESS, PROTOCOL, TLS, SEND_PROXY, WEIGHT.name(), STATE);

  // HAProxy's documentation recommends 10 s for a head (clients on a bad connection are slow) and
  // connect timeouts above 3 s (one lost SYN is sent again after 1 s, two after 3 s: RFC 6298 §2).
  static final NumberKey HEAD = NumberKey.seconds("head", 10);
  static final NumberKey CONNECT = NumberKey.seconds("connect", 3);

  /** A process that is started again needs about a second until it listens. */
  static final NumberKey CONNECT_RETRY = NumberKey.secondsOrNone("connect_retry", 2);

  // nginx: proxy_read_timeout, client_body_timeout and send_timeout are 60 s, keepalive_timeout 75
  // s.
  static final NumberKey RESPONSE = NumberKey.seconds("response", 60);
  static final NumberKey BODY = NumberKey.seconds("body", 60);
  static final NumberKey IDLE = NumberKey.seconds("idle", 60);
  static final NumberKey KEEPALIVE = NumberKey.seconds("keepalive", 75);

  /** Below the 5 s after which Node.js and Apache close an idle connection. */
  static final NumberKey BACKEND_KEEPALIVE = NumberKey.seconds("backend_keepalive", 4);

  /** nginx: lingering_timeout. */
  static final NumberKey LINGER = NumberKey.seconds("linger", 5);

  static final NumberKey DRAIN = NumberKey.seconds("drain", 30);

  /**
   * HAProxy's documentation recommends 1 h for its timeout of this name: WebSockets may be idle.
   */
  static final NumberKey TUNNEL = NumberKey.seconds("tunnel", 3600);

  static final List<NumberKey> ALL_TIMEOUTS =
      List.of(
          HEAD,
          CONNECT,
          CONNECT_RETRY,
          BODY,
          RESPONSE,
          IDLE,
          KEEPALIVE,
          BACKEND_KEEPALIVE,
          LINGER,
          DRAIN,
          TUNNEL);

  /** nginx: large_client_header_buffers, 4 of 8 KiB. */
  static final NumberKey HEAD_BYTES =
      NumberKey.count("head_bytes", 32 << 10, 512, 1 << 20, "bytes");

  /** Apache: LimitRequestFields. */
  static final NumberKey FIELDS = NumberKey.count("fields", 100, 1, 10_000, "fields");

  /** RFC 9112 §3 recommends at least 8000 octets; nginx uses one buffer of 8 KiB. */
  static final NumberKey TARGET_BYTES =
      NumberKey.count("target_bytes", 8 << 10, 64, 1 << 20, "bytes");

  /** RFC 1035 §2.3.4: the size of a name on the wire; as text it has two less, and a final dot. */
  static final NumberKey HOST_BYTES = NumberKey.count("host_bytes", 255, 1, 255, "bytes");

  // 0 is no limit: the sites, not the proxy, decide how large an upload may be.
  static final NumberKey BODY_BYTES = NumberKey.count("body_bytes", 0, 0, 1L << 50, "bytes");

  /** Of one chunk. Extensions are rarely used; Apache and others have the same limit. */
  static final NumberKey CHUNK_EXT_BYTES =
      NumberKey.count("chunk_ext_bytes", 256, 0, 1 << 16, "bytes");

  /** The default of Netty and nginx for a head. */
  static final NumberKey TRAILER_BYTES =
      NumberKey.count("trailer_bytes", 8 << 10, 0, 1 << 20, "bytes");

  // 0 is no limit. Kestrel's default is 240 bytes/s each way; a phone with bad reception is slower.
  static final NumberKey BODY_RATE =
      NumberKey.count("body_rate", 0, 0, 1 << 30, "bytes per second");
  static final NumberKey RESPONSE_RATE =
      NumberKey.count("response_rate", 0, 0, 1 << 30, "bytes per second");

  static final NumberKey CONNECTIONS =
      NumberKey.count("connections", 20_000, 1, 1_000_000, "connections");

  /** Half, so that one hung backend leaves half of the connections to others; 100 is no limit. */
  static final NumberKey SLOT_SHARE = NumberKey.count("slot_share", 50, 1, 100, "percent");

  // 0 is no limit: one address may be a whole company's, or that of a load balancer.
  static final NumberKey CLIENT_CONNECTIONS =
      NumberKey.count("client_connections", 0, 0, 1_000_000, "connections");

  /** RFC 9113 §6.5.2 recommends no less; it is also what nginx, HAProxy and Envoy allow. */
  static final NumberKey HTTP2_STREAMS = NumberKey.count("http2_streams", 100, 1, 1_000, "streams");

  /**
   * What ten HTTP/2 clients with 100 requests each need of one backend; with 256, the bursts of
   * eight had a tenth of the requests open a new connection. An idle one ends after {@code
   * timeouts.backend_keepalive}.
   */
  static final NumberKey BACKEND_IDLE =
      NumberKey.count("backend_idle", 1_024, 0, 65_536, "connections");

  // 0 is a share of the memory that the process may use: see MemoryBudget.
  static final NumberKey MEMORY = NumberKey.count("memory", 0, 0, 1L << 40, "bytes");

  /** More than a form without files needs; nginx keeps 16 KiB in memory, then uses a file. */
  static final NumberKey HELD_BODY_BYTES =
      NumberKey.count("held_body_bytes", 1 << 20, 0, 1 << 30, "bytes");

  /** For 64 requests of that size; a machine with 1 GiB can spare it. */
  static final NumberKey HELD_TOTAL_BYTES =
      NumberKey.count("held_total_bytes", 64 << 20, 0, 1 << 30, "bytes");

  static final List<NumberKey> ALL_LIMITS =
      List.of(
          HEAD_BYTES,
          FIELDS,
          TARGET_BYTES,
          HOST_BYTES,
          BODY_BYTES,
          CHUNK_EXT_BYTES,
          TRAILER_BYTES,
          BODY_RATE,
          RESPONSE_RATE,
          CONNECTIONS,
          SLOT_SHARE,
          CLIENT_CONNECTIONS,
          HTTP2_STREAMS,
          BACKEND_IDLE,
          MEMORY,
          HELD_BODY_BYTES,
          HELD_TOTAL_BYTES);

  static final List<String> GLOBALS =
      List.of(
          LISTEN,
          BACKENDS,
          BackendTlsKeys.BACKEND_TLS,
          TIMEOUTS,
          LIMITS,
          LOOPS.name(),
          DEFAULT_HOST,
          FORWARDED,
          TRUSTED_PROXIES,
          UNTRUSTED_FIELDS,
          REQUEST_ID,
          ABORT_ON_CLOSE,
          FAILOVER.name(),
          EXISTS_BELOW,
          VIA,
          LENIENT,
          InitialiseKeys.INITIALISE,
          SELECT,
          ON_FAILURE,
          SafeguardKeys.JOURNAL,
          SafeguardKeys.RELOAD,
          SafeguardKeys.CANDIDATE,
          AccessLogKeys.ACCESS_LOG,
          TraceKeys.TRACES,
          UsageKeys.USAGE,
          CertificateKeys.CERTIFICATES,
          CertificateKeys.TICKET_KEYS,
          AcmeKeys.ACME,
          MetricsKeys.METRICS,
          CONTROL,
          AdminKeys.ADMIN);

  private Keys() {}

  /** The globals and the keys inside them, such as {@code timeouts.head}. */
  static List<String> all() {
    List<String> all = new ArrayList<>(GLOBALS);
    all.addAll(within(TIMEOUTS, names(ALL_TIMEOUTS).stream()));
    all.addAll(within(LIMITS, names(ALL_LIMITS).stream()));
    all.addAll(within(BackendTlsKeys.BACKEND_TLS, BackendTlsKeys.ALL.stream()));
    all.addAll(SafeguardKeys.inTables());
    all.addAll(within(LENIENT, ALL_LENIENT.stream()));
    all.addAll(within(InitialiseKeys.INITIALISE, InitialiseKeys.ALL.stream()));
    all.addAll(within(MetricsKeys.METRICS, MetricsKeys.ALL.stream()));
    all.addAll(within(TraceKeys.TRACES, TraceKeys.ALL.stream()));
    all.addAll(within(AccessLogKeys.ACCESS_LOG, AccessLogKeys.ALL.stream()));
    all.addAll(within(UsageKeys.USAGE, UsageKeys.ALL.stream()));
    all.addAll(within(CertificateKeys.CERTIFICATES, CertificateKeys.ALL.stream()));
    all.addAll(within(AcmeKeys.ACME, AcmeKeys.ALL.stream()));
    all.addAll(within(AdminKeys.ADMIN, AdminKeys.ALL.stream()));
    return all;
  }

  static List<String> names(List<NumberKey> keys) {
    return keys.stream().map(NumberKey::name).toList();
  }

  private static List<String> within(String table, Stream<String> keys) {
    return keys.map(key -> table + "." + key).toList();
  }
}
