// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static dev.rsp.config.KeyEntry.number;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What each key means: the only source of the tables in {@code configuration.md}, of the manual
 * page {@code backends.lua(5)} and of {@code rsp help KEY}.
 *
 * <p>A test compares it with the keys that the parser takes, and with the tables. Ranges and
 * defaults of numbers are those of the {@link NumberKey}. Nothing of it is loaded by a daemon.
 */
public final class KeyReference {
  private static final String REQUIRED = "required";
  private static final String NONE = "none";
  private static final String TABLE = "a table";
  private static final String FLAG = "`true` or `false`";

  /**
   * Keys that belong together.
   *
   * @param name of the table in {@code configuration.md}
   * @param title a heading for them
   */
  public record Group(String name, String title, List<KeyEntry> keys) {}

  /**
   * What a reload does with some global variables.
   *
   * @param keys their names
   * @param effect a text in Markdown
   */
  public record ReloadEffect(List<String> keys, String effect) {}

  private KeyReference() {}

  /** All keys, in the order of {@code configuration.md}. */
  public static List<Group> groups() {
    return List.of(
        new Group("addresses", "Addresses", addresses()),
        new Group("listen", "Keys of an address to listen on", listener()),
        new Group("backends", "Keys of a backend", backend()),
        new Group("backend_tls", "TLS to backends", backendTls()),
        new Group("timeouts", "Timeouts", timeouts()),
        new Group("limits", "Limits", limits()),
        new Group("lenient", "Leniency", lenient()),
        new Group("proxies", "Other proxies", proxies()),
        new Group("script", "Choosing a backend by a script", script()),
        new Group("process", "The process", process()),
        new Group("initialise", "Starting sites", initialise()),
        new Group("journal", "The journal", journal()),
        new Group("reload", "Guard for reloads", reload()),
        new Group("candidate", "Comparing with a candidate", candidate()),
        new Group("access_log", "Access log", accessLog()),
        new Group("metrics", "Metrics", metrics()),
        new Group("traces", "Traces", traces()),
        new Group("usage", "Usage of hosts", usage()),
        new Group("certificates", "Certificates", certificates()),
        new Group("acme", "Certificates on demand", acme()),
        new Group("admin", "Admin endpoint", admin()));
  }

  /** All keys. */
  public static List<KeyEntry> entries() {
    return groups().stream().flatMap(group -> group.keys().stream()).toList();
  }

  /**
   * The keys that a word means: the one with that path, with or without indexes; or all with that
   * name in any table. Empty if there is none.
   */
  public static List<KeyEntry> find(String word) {
    String path = word.replaceAll("\\[[0-9]*]", "");
    List<KeyEntry> exact = matching(key -> key.path().replace("[]", "").equals(path));
    return exact.isEmpty() ? matching(key -> key.name().equals(path)) : exact;
  }

  /** The keys that a path stands in front of, such as those of {@code timeouts}. */
  public static List<KeyEntry> within(String path) {
    return matching(key -> key.path().replace("[]", "").startsWith(path + "."));
  }

  private static List<KeyEntry> matching(Predicate<KeyEntry> condition) {
    return entries().stream().filter(condition).toList();
  }

  /** The key that is most similar to a mistyped one; null if none is. */
  public static @Nullable String nearest(String word) {
    String last = word.substring(word.lastIndexOf('.') + 1);
    return NearestKey.to(last, entries().stream().map(KeyEntry::path).toList());
  }

  /** What a reload does with a global variable: a text in Markdown. */
  public static String reloadOf(String global) {
    return reloads().stream()
        .filter(effect -> effect.keys().contains(global))
        .map(ReloadEffect::effect)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no effect of a reload: " + global));
  }

  /** What a reload does, in the order of {@code configuration.md}. */
  public static List<ReloadEffect> reloads() {
    return List.of(
        reload(
            "the rights of a Unix socket are changed in place; new addresses are bound before"
                + " anything else changes; if one cannot be bound, nothing changes. Removed ones"
                + " are closed, and their connections continue. A port may"
                + " [move from one address to all](operations.md#signals) and back",
            Keys.LISTEN),
        reload(
            "new requests use the new list; those in flight keep their backend. Idle connections"
                + " to removed backends are closed",
            Keys.BACKENDS),
        reload(
            "the files that it names are read again. If anything changed, new requests get new"
                + " connections; else idle ones stay",
            BackendTlsKeys.BACKEND_TLS),
        reload("apply to new requests", Keys.TIMEOUTS, Keys.LIMITS),
        reload(
            "requests that wait continue with the old values, and new ones join them; failures"
                + " are forgotten if anything in it changed",
            InitialiseKeys.INITIALISE),
        reload("as `listen`: nothing in flight is cut", Keys.LOOPS.name()),
        reload(
            "apply to new requests; cached answers of the old `select` are dropped",
            Keys.DEFAULT_HOST,
            Keys.FORWARDED,
            Keys.TRUSTED_PROXIES,
            Keys.UNTRUSTED_FIELDS,
            Keys.REQUEST_ID,
            Keys.ABORT_ON_CLOSE,
            Keys.VIA,
            Keys.LENIENT,
            Keys.SELECT,
            Keys.ON_FAILURE,
            Keys.FAILOVER.name(),
            Keys.EXISTS_BELOW),
        reload(
            "a new path is read and then written, and so is one that could not be used before;"
                + " what is in memory stays",
            SafeguardKeys.JOURNAL),
        reload("applies to the next reload; `force` to this one", SafeguardKeys.RELOAD),
        reload("is loaded again, and its counters start at 0", SafeguardKeys.CANDIDATE),
        reload(
            "a new socket is opened before anything else changes, and the old one closed; a"
                + " command that is under way gets its answer",
            Keys.CONTROL),
        reload(
            "a new address is opened before anything else changes; a changed token, or a changed"
                + " `token_file`, applies at once",
            AdminKeys.ADMIN),
        reload(
            "a new target is opened before anything else changes; if it cannot be opened, nothing"
                + " changes. Requests in flight are written to the new one",
            AccessLogKeys.ACCESS_LOG),
        reload(
            "applies to new requests; the spans of those in flight are lost if anything in it"
                + " changed",
            TraceKeys.TRACES),
        reload(
            "a new folder is opened before anything else changes; if it cannot be opened, nothing"
                + " changes. What is counted is written to the old folder, even if that takes until"
                + " its disk has room",
            UsageKeys.USAGE),
        reload(
            "files that are new or changed are read before anything else changes; certificates that"
                + " did not change stay ready, and handshakes go on. Between reloads, changed files"
                + " are found within seconds",
            CertificateKeys.CERTIFICATES),
        reload(
            "another file is read at once; the keys of before open no tickets any more",
            CertificateKeys.TICKET_KEYS),
        reload(
            "applies to new orders, and what `allow` has answered is asked again. Orders under way"
                + " are given up if anything in it changed",
            AcmeKeys.ACME),
        reload(
            "applies to the next scrape; the counts of the minute are kept", MetricsKeys.METRICS));
  }

  private static ReloadEffect reload(String effect, String... keys) {
    return new ReloadEffect(List.of(keys), effect);
  }

  private static List<KeyEntry> addresses() {
    return List.of(
        key(
            Keys.LISTEN,
            "an [address](#addresses), or a list of up to " + AddressKeys.MAX_LISTEN + " addresses",
            REQUIRED,
            "where clients connect. A Unix socket may be a table with `address` and the keys of"
                + " [its rights](#rights-of-a-unix-socket). No address twice"),
        key(
            Keys.BACKENDS,
            "a list of 1 to " + AddressKeys.MAX_BACKENDS + " backends, without holes",
            REQUIRED,
            "where requests go: each is an address, or a table with the keys below. Hosts are"
                + " hashed to places in this list"),
        number(
            "",
            Keys.FAILOVER,
            "how many more backends are tried if no connection can be made to the one that a hash"
                + " or `select` chose"));
  }

  private static List<KeyEntry> listener() {
    return List.of(
        listener(Keys.ADDRESS, "an [address](#addresses)", REQUIRED, "where clients connect"),
        listener(
            Keys.MODE,
            "a string of three octal digits",
            "by the umask",
            "the permission bits of a Unix socket: who may connect needs the right to write"),
        listener(
            Keys.OWNER,
            "the name or number of a user",
            "the user of rsp",
            "the owner of a Unix socket"),
        listener(
            Keys.GROUP,
            "the name or number of a group",
            "the group of rsp",
            "the group of a Unix socket"),
        listener(
            Keys.TLS,
            "`true` or `false`",
            "`false`",
            "whether connections begin with a TLS handshake, with one of the `certificates`"),
        listener(
            Keys.HTTP2,
            "`true` or `false`",
            "as `tls`",
            "whether clients may speak HTTP/2: with TLS the client chooses it by ALPN; in clear it"
                + " knows beforehand, and begins with the preface of HTTP/2. See"
                + " [HTTP/2](#http2)"),
        listener(
            Keys.PROXY_PROTOCOL,
            "a list of 1 to "
                + NetworkList.MAX_NETWORKS
                + " networks, IP addresses and `\"unix\"`, or one of these",
            "no headers",
            "the proxies in front: each connection from them must begin with a header of the [PROXY"
                + " protocol](#proxy-protocol), and connections of others are refused"),
        listener(
            Keys.REDIRECT,
            "`\"https\"`, or `\"https:\"` and a port",
            "requests are served",
            "answers every request with 308 and the same URL with https"),
        listener(
            Keys.HSTS,
            "such as `\"max-age=31536000; includeSubDomains\"`",
            "none",
            "the value of Strict-Transport-Security (RFC 6797) in responses of backends without"
                + " that field. Only with `tls`"),
        listener(
            Keys.CHECK_HOST,
            "`true` or `false`",
            "`true`",
            "whether a request over HTTP/1 gets 421 if the certificate of its connection does not"
                + " cover its host, and another one does. Over HTTP/2 it always does"),
        listener(
            Keys.CLIENT_CA,
            "a file",
            "clients are not asked",
            "the authorities that sign certificates of clients. Backends get `X-SSL-Client-Verify`"
                + " (`SUCCESS` or `NONE`) and `X-SSL-Client-S-DN` (the subject, RFC 4514), and no"
                + " client can send these fields itself. Only with `tls`"),
        listener(
            Keys.CLIENT_AUTH,
            "`\"require\"` or `\"optional\"`",
            "`\"require\"`",
            "whether a client without a certificate of `client_ca` is refused in the handshake"));
  }

  private static List<KeyEntry> backend() {
    return List.of(
        backend(
            Keys.NAME,
            "1 to "
                + AddressKeys.MAX_NAME
                + " visible ASCII characters, no space, no `(` or `#` at the beginning, unique",
            "its address",
            "by which rsp recognizes the backend across reloads, and scripts and logs name it"),
        backend(
            Keys.ADDRESS,
            "an [address](#addresses)",
            "required, except in a spare with a `name`",
            "where rsp connects to"),
        backend(
            Keys.PROTOCOL,
            "`\"http\"`, `\"https\"`, `\"h2c\"`, `\"h2\"` or `\"uwsgi\"`",
            "`\"http\"`, or that of the address, if it begins with `https://`, `h2c://`, `h2://` or `uwsgi:`",
            "what the backend speaks: see [HTTP/2 to backends](#http2-to-backends), [TLS to"
                + " backends](#tls-to-backends) and [uwsgi](#uwsgi)"),
        backend(
            Keys.TLS,
            "a table with any keys of [`backend_tls`](#tls-to-backends)",
            "`backend_tls`, key by key",
            "how rsp speaks TLS with this backend"),
        backend(
            Keys.SEND_PROXY,
            "`\"v1\"` or `\"v2\"`",
            "no header",
            "the version of the [PROXY protocol](#proxy-protocol) in which each connection to the"
                + " backend begins with the client's address"),
        number(
            "backends[]",
            Keys.WEIGHT,
            "its share in weighted hashes and of the hosts of backends that are down; 0 gets none"
                + " of these. `hash.python` ignores weights"),
        backend(
            Keys.STATE,
            "`\"up\"`, `\"drain\"`, `\"down\"` or `\"spare\"`",
            "`\"up\"`",
            "whether it gets requests: see [states](#states)"));
  }

  private static List<KeyEntry> backendTls() {
    return List.of(
        key(
            BackendTlsKeys.BACKEND_TLS,
            TABLE,
            "its defaults",
            "how rsp speaks TLS with backends, and with addresses that only a script names"),
        backendTls(
            BackendTlsKeys.CA,
            "the path of a file in PEM form",
            "the CAs of the system",
            "who must have signed the certificate of a backend"),
        backendTls(
            BackendTlsKeys.NAME,
            "a host name or an IP address",
            "the host of the address",
            "for whom the certificate must be, and which name is sent to the backend (SNI);"
                + " required for a Unix socket"),
        backendTls(
            BackendTlsKeys.VERIFY,
            "`true` or `false`",
            "`true`",
            "whether the certificate of a backend is checked; `false` lets whoever can answer for"
                + " the backend read its requests, so `rsp check` warns"),
        backendTls(
            BackendTlsKeys.CERTIFICATE,
            "the path of a file in PEM form",
            "none",
            "rsp's own certificate, which it shows to backends that ask for one; with those that"
                + " signed it"),
        backendTls(
            BackendTlsKeys.KEY,
            "the path of a file in PEM form",
            "the file of `certificate`",
            "the private key of that certificate: RSA or EC, in PKCS #8, PKCS #1 or SEC 1, without a"
                + " password"));
  }

  private static KeyEntry backendTls(String key, String value, String unset, String meaning) {
    return key(BackendTlsKeys.BACKEND_TLS + "." + key, value, unset, meaning);
  }

  private static List<KeyEntry> timeouts() {
    return List.of(
        key(Keys.TIMEOUTS, TABLE, "its defaults", "how long rsp waits"),
        timeout(
            Keys.HEAD, "for a complete request head, from its first byte or from the accept. 408"),
        timeout(
            Keys.CONNECT,
            "for a backend to accept a connection, or to make room in the full queue of its Unix"
                + " socket. 504"),
        timeout(
            Keys.CONNECT_RETRY,
            "for a backend where nothing listens to accept connections again; 0 is not at all. See"
                + " [a restart of a backend](#when-a-backend-is-restarted). 502"),
        timeout(
            Keys.BODY,
            "for the next bytes of a request body from the client, between two reads like nginx's"
                + " `client_body_timeout`; `limits.body_rate` limits the whole body. 408; if the"
                + " response has begun, it is cut when both sides have been silent for so long"),
        timeout(
            Keys.RESPONSE,
            "for a complete response head, from the end of the request, or, if the client waits"
                + " for `100 Continue`, from its head. 504. Each `102` or `103` of the backend"
                + " starts it again, up to 60 times this time after the first"),
        timeout(
            Keys.IDLE,
            "for the next bytes of a response from the backend, or for a slow reader to take some:"
                + " the client of a response, the backend of a request. Checked every 5 seconds, so"
                + " it may take that much longer"),
        timeout(Keys.KEEPALIVE, "for the next request on a client's connection"),
        timeout(
            Keys.BACKEND_KEEPALIVE,
            "for the next use of an idle connection to a backend; keep it below the backend's own"
                + " timeout, or the backend closes connections that rsp is about to use. rsp"
                + " [learns that timeout](operations.md#backends-that-close-idle-connections) for"
                + " requests that it may not repeat"),
        timeout(
            Keys.LINGER,
            "for a client to read a response that ended its connection early; rsp discards what"
                + " the client sends meanwhile. While the client still takes bytes of a cut"
                + " response, up to `timeouts.idle` longer"),
        timeout(Keys.DRAIN, "for all requests in flight when rsp stops"),
        timeout(Keys.TUNNEL, "for the next bytes of a tunnel (WebSocket), in either direction"));
  }

  private static List<KeyEntry> limits() {
    return List.of(
        key(Keys.LIMITS, TABLE, "its defaults", "how much rsp takes"),
        limit(
            Keys.HEAD_BYTES,
            "size of a request or response head, with the empty line; a larger request gets 431"),
        limit(Keys.FIELDS, "field lines of a head; a request with more gets 431"),
        limit(
            Keys.TARGET_BYTES,
            "length of a request target, at most `limits.head_bytes`; more is 414. If"
                + " `limits.head_bytes` is less than the default, the same number"),
        limit(
            Keys.HOST_BYTES,
            "length of a host, without port and final dot; more is 400. A name of more than 253 bytes is"
                + " invalid (RFC 1035 §2.3.4) and always refused"),
        limit(
            Keys.BODY_BYTES,
            "size of a request body; 0 is no limit. More is 413: at once for a Content-Length, at the"
                + " first chunk that announces too much for chunks"),
        limit(
            Keys.CHUNK_EXT_BYTES,
            "length of the extensions of one chunk of a request body; more is 400"),
        limit(Keys.TRAILER_BYTES, "size of all trailer lines of a request body; more is 431"),
        limit(
            Keys.BODY_RATE,
            "rate at which a request body must arrive; 0 is no limit. Less is 408. Measured over 5"
                + " seconds, or `timeouts.body` if that is shorter, and only while rsp waits for"
                + " the client alone. After the response has begun, the bytes that the client takes"
                + " of it count as well; if both are less, the response is cut"),
        limit(
            Keys.RESPONSE_RATE,
            "rate at which a client must take a response while rsp has more for it than its buffers"
                + " hold; 0 is no limit. Below it, the response is cut. Measured like `body_rate`"),
        limit(
            Keys.CONNECTIONS,
            "connections of clients at a time, over all loops. A new one"
                + " [takes the place](operations.md#when-all-places-are-taken) of the client that"
                + " has been idle longest; if none is idle, it gets 503. So that they can read it, a"
                + " sixteenth of this number of clients (8 at least) may stay for"
                + " `timeouts.linger`; those beyond are closed at once, and may see a reset"),
        limit(
            Keys.SLOT_SHARE,
            "share of `limits.connections` that the requests in flight of one backend may hold while no"
                + " other has any; 100 is no limit. More get 503 at once. See"
                + " [a backend that hangs](#when-a-backend-hangs)"),
        limit(
            Keys.CLIENT_CONNECTIONS,
            "connections of one client address at a time, over all loops (for IPv6, of one /64); more get 503."
                + " Behind a [trusted proxy](#proxies-in-front-of-rsp): requests in flight of the"
                + " client that it names. 0 is no limit: a whole company may share one address"),
        limit(
            Keys.HTTP2_STREAMS,
            "requests of one HTTP/2 connection at a time; more are refused, and the client repeats"
                + " them when others have ended"),
        limit(
            Keys.BACKEND_IDLE,
            "idle connections that are kept, per backend and loop; 0 closes each after its response"),
        limit(
            Keys.MEMORY,
            "memory of the buffers of all loops, 16 MiB at least. 0 is three quarters of"
                + " `-XX:MaxDirectMemorySize` (512 MiB in `bin/rsp`), or a quarter of the memory of"
                + " the machine or container if that is less. Larger values are reduced to that."
                + " See [what happens as it is used up](capacity.md#memory)"),
        limit(
            Keys.HELD_BODY_BYTES,
            "size of a chunked request body that is buffered for a uwsgi backend"),
        limit(
            Keys.HELD_TOTAL_BYTES,
            "size of all bodies that one loop buffers, for their length or because there is no"
                + " connection yet; a request that does not fit gets 503"));
  }

  private static List<KeyEntry> lenient() {
    return List.of(
        key(
            Keys.LENIENT,
            TABLE,
            "all are `false`",
            "switches for peers that do not write HTTP as they should"),
        in(
            Keys.LENIENT,
            Keys.RESPONSE_LF,
            FLAG,
            "`false`: 502",
            "a line of a response's head or chunks may end with LF alone, as CGI scripts and small"
                + " devices write it; rsp then writes its own chunks"),
        in(
            Keys.LENIENT,
            Keys.RAW_TARGETS,
            FLAG,
            "`false`: 400",
            "the target of a request may have octets that are not ASCII, as curl and old programs"
                + " send them (`?q=ü`); they are forwarded percent-encoded (`?q=%C3%BC`), and"
                + " scripts see them so. `limits.target_bytes` counts the encoded form. Not in the"
                + " host"),
        in(
            Keys.LENIENT,
            Keys.EQUAL_LENGTHS,
            FLAG,
            "`false`: 400 or 502",
            "a request or response may repeat the same Content-Length; it is passed on once"));
  }

  private static List<KeyEntry> proxies() {
    return List.of(
        key(
            Keys.TRUSTED_PROXIES,
            "a list of up to "
                + NetworkList.MAX_NETWORKS
                + " networks, IP addresses and `\"unix\"`",
            NONE,
            "the [proxies in front of rsp](#proxies-in-front-of-rsp) whose forwarding fields are"
                + " believed"),
        key(
            Keys.FORWARDED,
            "`\"replace\"` or `\"append\"`",
            "`\"replace\"`",
            "the short form: `\"replace\"` trusts no peer, `\"append\"` trusts every peer. Append"
                + " only if nobody but your proxy can reach this port. Not together with"
                + " `trusted_proxies`"),
        key(
            Keys.UNTRUSTED_FIELDS,
            "a list of up to " + ForwardingKeys.MAX_FIELDS + " names of fields",
            "[some 70 names](#proxies-in-front-of-rsp)",
            "more fields that only a trusted proxy may send. The list replaces the one by default"),
        key(
            Keys.REQUEST_ID,
            "the name of a field, such as `\"X-Request-ID\"`",
            NONE,
            "the field in which each request carries an id: one that a trusted proxy has sent, else"
                + " 32 random hexadecimal digits. It goes to the backend, into the"
                + " [access log](#access_log), and into the answers that rsp makes itself, so that a"
                + " user can report it. Other clients' own is dropped"),
        key(
            Keys.VIA,
            "a token of 1 to 64 characters, or `false`",
            "`rsp-` and eight hexadecimal digits, a hash of the machine's host name and `listen`",
            "the name of this rsp in `Via` fields. A request that came through the same name five"
                + " times gets 508. `false`: no `Via` line of rsp's own. See"
                + " [Via and compression](#via-and-compression)"),
        key(
            Keys.DEFAULT_HOST,
            "a name or an IPv4 address in lower case, without port and final dot",
            "such a request gets 400",
            "the host of an HTTP/1.0 request without one"),
        key(
            Keys.ABORT_ON_CLOSE,
            "`\"get\"` (GET and HEAD), `true` (all) or `false` (none)",
            "`\"get\"`",
            "which requests end [when their client closes](#when-a-client-closes) its side (FIN)"
                + " before the response begins"));
  }

  private static List<KeyEntry> script() {
    return List.of(
        key(
            Keys.SELECT,
            "a [function](lua.md)",
            "`hash.python(request.host, #backends)`",
            "chooses the backend of a request"),
        key(
            Keys.ON_FAILURE,
            "a [function](lua.md)",
            NONE,
            "rsp calls it when a backend cannot be reached; it may return another"),
        key(
            Keys.EXISTS_BELOW,
            "a list of up to " + BackendsFile.MAX_DIRECTORIES + " absolute directories",
            NONE,
            "directories in which a script may ask whether a file [exists](lua.md)"));
  }

  private static List<KeyEntry> process() {
    return List.of(
        new KeyEntry(
            Keys.LOOPS.name(),
            "event loops, "
                + NumberKey.text(Keys.LOOPS.least())
                + " to "
                + NumberKey.text(Keys.LOOPS.most()),
            "one per core",
            "each serves its own share of the connections on a thread of its own"),
        key(
            Keys.CONTROL,
            "the absolute path of a Unix socket",
            NONE,
            "over which [`rsp reload` and `rsp status`](operations.md#the-control-socket) speak to"
                + " rsp. It is for rsp's own user and root alone"));
  }

  private static List<KeyEntry> initialise() {
    return List.of(
        key(
            InitialiseKeys.INITIALISE,
            TABLE,
            "nothing is started",
            "how a site is started whose backend does not run: see [a platform](platform.md)"),
        in(
            InitialiseKeys.INITIALISE,
            InitialiseKeys.URL,
            "an `http://` or `https://` URL",
            REQUIRED,
            "the URL that starts the site; `{host}` stands for the canonical host that the request"
                + " is routed by (its own, or the one in its [path](lua.md)), percent-encoded"),
        in(
            InitialiseKeys.INITIALISE,
            InitialiseKeys.METHOD,
            "`\"POST\"`, `\"PUT\"` or `\"GET\"`",
            "`\"POST\"`",
            "the method of the call, which has no body"),
        in(
            InitialiseKeys.INITIALISE,
            InitialiseKeys.UNLESS_EXISTS,
            "an absolute path with `{host}` in it",
            NONE,
            "if that file exists, the site was started before: the client gets 502 at once, and rsp"
                + " does not call the URL"),
        initialise(
            InitialiseKeys.TIMEOUT,
            "how long a site may take from the call until it accepts a connection"),
        initialise(InitialiseKeys.POLL, "time between two tries to connect to the site"),
        initialise(
            InitialiseKeys.REMEMBER_FAILURE,
            "time during which a site that did not start is refused without another call"),
        initialise(InitialiseKeys.WAITING, "requests that wait for one site"),
        initialise(
            InitialiseKeys.BODY_BYTES,
            "the longest body, by its Content-Length, of a request that waits; a longer one"
                + " starts the site and gets 503 with Retry-After. 0 is no limit: rsp does not read"
                + " the body of a request that waits, so it costs no memory"),
        initialise(InitialiseKeys.WAITING_TOTAL, "requests that wait for all sites"),
        initialise(InitialiseKeys.STARTING, "sites that are being started at a time"));
  }

  private static List<KeyEntry> journal() {
    String journal = SafeguardKeys.JOURNAL;
    return List.of(
        key(
            journal,
            "a path, or a table",
            "in memory, for `reload.max_moves` alone",
            "where rsp remembers the hosts that it served: see [planning.md](planning.md)"),
        in(
            journal,
            SafeguardKeys.PATH,
            "a file",
            "in memory, for `reload.max_moves` alone",
            "the file; a relative path is relative to the directory of the configuration"),
        number(
            journal,
            SafeguardKeys.HOSTS,
            "how many hosts are remembered; if there are more, those that were served on the"
                + " [most days](planning.md#the-journal) stay"),
        number(journal, SafeguardKeys.JOURNAL_EVERY, "time between two writes of the file"));
  }

  private static List<KeyEntry> reload() {
    return List.of(
        key(
            SafeguardKeys.RELOAD,
            TABLE,
            "a reload may change everything",
            "what a reload may change; one that would change more is refused, and nothing"
                + " changes"),
        in(
            SafeguardKeys.RELOAD,
            SafeguardKeys.MAX_MOVES,
            "0 to 100 percent",
            "100",
            "share of the known hosts that may change their backend; hosts of slots that exchange their"
                + " addresses count. The value of the running configuration counts. Below 100, a"
                + " reload that may move hosts is also refused if"
                + " [no host is known or the journal cannot be read](planning.md#a-guard-for-reloads)"),
        in(
            SafeguardKeys.RELOAD,
            SafeguardKeys.RUN_TESTS,
            FLAG,
            "`false`",
            "whether the tests in the new file must pass: if either the running configuration or"
                + " the new file says `true`"),
        in(
            SafeguardKeys.RELOAD,
            SafeguardKeys.FORCE,
            "the text from the log line of a refusal",
            "`\"\"`",
            "allows that one change"));
  }

  private static List<KeyEntry> candidate() {
    return List.of(
        key(
            SafeguardKeys.CANDIDATE,
            "a path, or a table",
            NONE,
            "another configuration, to be compared with this one for a share of the requests, on"
                + " its own thread. It never serves a request; rsp logs the differences"),
        in(
            SafeguardKeys.CANDIDATE,
            SafeguardKeys.FILE,
            "a file",
            "required in a table",
            "the other file; a relative path is relative to the directory of the configuration"),
        in(
            SafeguardKeys.CANDIDATE,
            SafeguardKeys.SHARE,
            "above 0 and up to 1",
            NumberKey.text(SafeguardKeys.DEFAULT_SHARE),
            "the share of requests to compare"),
        number(
            SafeguardKeys.CANDIDATE,
            SafeguardKeys.CANDIDATE_EVERY,
            "time between two lines in the log"));
  }

  private static List<KeyEntry> accessLog() {
    String log = AccessLogKeys.ACCESS_LOG;
    return List.of(
        key(
            log,
            "a target, or a table",
            NONE,
            "one line for each request, written when it has ended"),
        in(
            log,
            AccessLogKeys.PATH,
            "a file, `\"stdout\"`, `\"syslog:unix:/dev/log\"` or `\"syslog:127.0.0.1:514\"`",
            "required in a table",
            "where lines are added. A relative path is relative to the directory of the"
                + " configuration; a new file has mode 0640. Syslog is RFC 5424 over a Unix datagram"
                + " socket or UDP, to an IP address"),
        in(
            log,
            AccessLogKeys.FORMAT,
            "`\"json\"`, `\"common\"`, `\"combined\"`, or a pattern",
            "`\"json\"`",
            "the form of a line; a pattern has the [`$names`](#access_log)"),
        new KeyEntry(
            log + "." + AccessLogKeys.MIN_STATUS.name(),
            "0 to 599",
            "0: no such condition",
            "logs requests that were answered with this status or a higher one, and those without"
                + " an answer"),
        new KeyEntry(
            log + "." + AccessLogKeys.MIN_SECONDS.name(),
            AccessLogKeys.MIN_SECONDS.range(),
            "0: no such condition",
            "logs requests that took at least so long"),
        in(
            log,
            AccessLogKeys.SAMPLE,
            "0 to 1",
            "1; 0 if there is a condition",
            "the share of the other requests that is logged"));
  }

  private static List<KeyEntry> metrics() {
    String metrics = MetricsKeys.METRICS;
    return List.of(
        key(
            metrics,
            "a table",
            NONE,
            "what [the figures](operations.md#metrics) have beyond others"),
        number(
            metrics,
            MetricsKeys.TOP_HOSTS,
            "so many of the busiest hosts of the last minute are named, with `control`; others may"
                + " be named in the next minute, and Prometheus keeps a time series of each"));
  }

  private static List<KeyEntry> traces() {
    String traces = TraceKeys.TRACES;
    return List.of(
        key(traces, "a table", NONE, "[spans](#traces) of sampled requests for OpenTelemetry"),
        in(
            traces,
            TraceKeys.ENDPOINT,
            "an http or https URL, without a user",
            "required",
            "a collector that takes OTLP over HTTP, such as `\"http://127.0.0.1:4318/v1/traces\"`"),
        in(
            traces,
            TraceKeys.SAMPLE,
            "0 to 1",
            NumberKey.text(TraceKeys.DEFAULT_SHARE),
            "the share of requests that are traced. A trusted proxy that sends `traceparent` has"
                + " decided already"),
        in(
            traces,
            TraceKeys.SERVICE,
            "a text",
            "`\"" + TraceKeys.DEFAULT_SERVICE + "\"`",
            "the name of this rsp in traces: `service.name`"));
  }

  private static List<KeyEntry> admin() {
    String admin = AdminKeys.ADMIN;
    return List.of(
        key(
            admin,
            "a Unix socket as `\"unix:/path\"`, or a table",
            NONE,
            "where operators and their browsers reach rsp:"
                + " see [operations.md](operations.md#the-admin-endpoint)"),
        in(
            admin,
            AdminKeys.ADDRESS,
            "an IP address and a port, or a Unix socket",
            "required in a table",
            "an address of its own, such as `\"127.0.0.1:9901\"`. One that is not loopback needs"
                + " `public`. A Unix socket is for rsp's own user and root alone"),
        in(
            admin,
            AdminKeys.TOKEN_FILE,
            "an absolute path",
            "required for an IP address, or `token`",
            "a file with the token that each request over an IP address must know, at least "
                + AdminSettings.LEAST_TOKEN_CHARS
                + " characters. Other users must not be able to read it"),
        in(
            admin,
            AdminKeys.TOKEN,
            "a text",
            NONE,
            "the token itself. Then keep this file from other users"),
        in(
            admin,
            AdminKeys.PUBLIC,
            "`true` or `false`",
            "`false`",
            "`true` allows an address that is not loopback. The token goes over the network"
                + " unencrypted then"),
        in(
            admin,
            AdminKeys.NAMES,
            "a list of up to " + AdminKeys.MAX_NAMES + " host names",
            "[]",
            "names by which browsers call it. Others than these, localhost and IP addresses are"
                + " refused, because they may be an attacker's"));
  }

  private static List<KeyEntry> usage() {
    String usage = UsageKeys.USAGE;
    return List.of(
        key(
            usage,
            "a path, or a table",
            NONE,
            "where rsp sums, by the hour, what each host used:"
                + " see [operations.md](operations.md#the-usage-of-hosts)"),
        in(
            usage,
            UsageKeys.PATH,
            "a folder",
            "required in a table",
            "the folder of the files, of this rsp alone. It is made, with mode 0750, if its parent"
                + " exists. A relative path is relative to the directory of the configuration"),
        number(
            usage,
            UsageKeys.HOSTS,
            "how many hosts have sums of their own in an hour; the others are summed in the line"
                + " `*`. At most 230 bytes of heap each, and only if there are so many; never more"
                + " than half of the heap"),
        number(usage, UsageKeys.KEEP_DAYS, "files of earlier hours are removed"));
  }

  private static List<KeyEntry> certificates() {
    String certificates = CertificateKeys.CERTIFICATES;
    return List.of(
        key(
            certificates,
            "a path, a list of up to " + CertificateKeys.MAX_PATHS + " paths, or a table",
            "required with `tls`",
            "the certificates and keys for listen addresses with `tls`:"
                + " see [tls.md](tls.md#certificates)"),
        in(
            certificates,
            CertificateKeys.PATH,
            "a path or a list of paths",
            "required in a table",
            "folders, with the folders in them, and files. A relative path is relative to the"
                + " directory of the configuration"),
        in(
            certificates,
            CertificateKeys.DEFAULT,
            "a host name or a file",
            NONE,
            "the certificate for clients that name no host, or one without a certificate. Without"
                + " it their handshakes end with `unrecognized_name`"),
        in(
            certificates,
            CertificateKeys.INDEX,
            "a file",
            "`certificates.index` beside the journal; none without a journal",
            "where rsp keeps the names and dates of the certificates, so that a start need not read"
                + " each of them. It holds no keys"),
        number(
            certificates,
            CertificateKeys.PREPARED,
            "how many are kept in memory, ready for handshakes; the others are read when a client"
                + " asks for them"),
        key(
            CertificateKeys.TICKET_KEYS,
            "a file",
            "in memory only",
            "the keys of session tickets: rsp makes it, and a new key every 12 hours. With it clients"
                + " resume their sessions after a restart, and at other balancers that have the"
                + " same file. Whoever has it can read sessions that were resumed"));
  }

  private static List<KeyEntry> acme() {
    String acme = AcmeKeys.ACME;
    return List.of(
        key(
            acme,
            "a table",
            NONE,
            "orders a certificate when a client asks for a host without one: see"
                + " [acme.md](acme.md). By setting it you accept the terms of the CA"),
        in(
            acme,
            AcmeKeys.DIRECTORY,
            "a URL, `\"letsencrypt\"` or `\"letsencrypt-staging\"`",
            "required",
            "the directory of the CA, with https (RFC 8555)"),
        in(
            acme,
            AcmeKeys.EMAIL,
            "an address",
            NONE,
            "where the CA writes to if something is wrong with the account"),
        in(
            acme,
            AcmeKeys.STORE,
            "a folder",
            "`\"" + AcmeKeys.DEFAULT_STORE + "\"`",
            "where rsp keeps certificates, keys and the account. It is one more path of"
                + " `certificates`. A folder of one rsp only"),
        in(
            acme,
            AcmeKeys.ALLOW,
            "a function, a URL, or `\"" + AcmeKeys.JOURNAL + "\"`",
            "required",
            "for which hosts certificates are ordered:"
                + " see [acme.md](acme.md#which-hosts-get-one)"),
        in(
            acme,
            AcmeKeys.ORDERS,
            "`{ NUMBER, per = SECONDS }`",
            "`{ 300, per = 10800 }`",
            "the most orders in any such time, also over restarts. The default is what Let's Encrypt"
                + " gives an account"),
        in(
            acme,
            AcmeKeys.CHALLENGE,
            "`\"http-01\"` or `\"tls-alpn-01\"`",
            "that of a port which a listen address has, 80 first",
            "how the CA sees that a host is served here, if it offers both: over port 80 or port"
                + " 443"),
        number(
            acme,
            AcmeKeys.TIMEOUT,
            "how long a handshake waits for its certificate; the order goes on after that"),
        in(
            acme,
            AcmeKeys.CA,
            "a file",
            "the CAs of Java",
            "who must have signed the certificate of the directory itself: for a CA of your own"));
  }

  private static KeyEntry key(String path, String value, String unset, String meaning) {
    return new KeyEntry(path, value, unset, meaning);
  }

  private static KeyEntry in(
      String table, String name, String value, String unset, String meaning) {
    return new KeyEntry(table + "." + name, value, unset, meaning);
  }

  private static KeyEntry listener(String name, String value, String unset, String meaning) {
    return in(Keys.LISTEN + "[]", name, value, unset, meaning);
  }

  private static KeyEntry backend(String name, String value, String unset, String meaning) {
    return in(Keys.BACKENDS + "[]", name, value, unset, meaning);
  }

  private static KeyEntry timeout(NumberKey key, String meaning) {
    return number(Keys.TIMEOUTS, key, "how long rsp waits " + meaning);
  }

  private static KeyEntry limit(NumberKey key, String meaning) {
    return number(Keys.LIMITS, key, meaning);
  }

  private static KeyEntry initialise(NumberKey key, String meaning) {
    return number(InitialiseKeys.INITIALISE, key, meaning);
  }
}
