// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.acme.AcmeSettings;
import dev.rsp.acme.ChallengeType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Reads and checks {@code acme}. The store itself is read and written by the daemon. */
final class AcmeKeys {
  static final String ACME = "acme";

  static final String DIRECTORY = "directory";
  static final String EMAIL = "email";
  static final String STORE = "store";
  static final String ALLOW = "allow";
  static final String ORDERS = "orders";
  static final String PER = "per";
  static final String CHALLENGE = "challenge";
  static final String CA = "ca";

  /**
   * Let's Encrypt needs 2 to 8 seconds for an order; browsers wait for a handshake longer than
   * that.
   */
  static final NumberKey TIMEOUT = NumberKey.seconds("timeout", 15);

  static final List<String> ALL =
      List.of(DIRECTORY, EMAIL, STORE, ALLOW, ORDERS, CHALLENGE, TIMEOUT.name(), CA);

  static final String DEFAULT_STORE = "/var/lib/rsp/certs";

  static final String JOURNAL = "journal";

  private static final String LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";

  /** Names for directories that many use. */
  private static final Map<String, String> NAMED =
      Map.of(
          "letsencrypt",
          LETS_ENCRYPT,
          "letsencrypt-staging",
          "https://acme-staging-v02.api.letsencrypt.org/directory");

  private static final NumberKey COUNT =
      NumberKey.count(ORDERS, AcmeSettings.DEFAULT_ORDERS, 1, AcmeSettings.MAX_ORDERS, "orders");

  private static final NumberKey SECONDS =
      new NumberKey(
          PER, AcmeSettings.DEFAULT_PER_SECONDS, 1, AcmeSettings.MAX_PER_SECONDS, "seconds");

  /** Which hosts can be reached by names that belong to nobody: RFC 2606 §3, RFC 6761 §6.5. */
  private static final Pattern EXAMPLE =
      Pattern.compile("(?:.*\\.)?(?:example(?:\\.(?:com|net|org))?)");

  /** One address, as the simple form of RFC 5321 §4.1.2: for mailto (RFC 8555 §7.3). */
  private static final Pattern ADDRESS =
      Pattern.compile("[A-Za-z0-9.!#$%&'*+/=^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}");

  private static final String DIRECTORIES =
      "the https URL of the directory of an ACME CA, or \"letsencrypt\", or"
          + " \"letsencrypt-staging\"";

  private static final String ALLOWED =
      "a function of the host, a URL to ask, such as \"http://127.0.0.1:5555/ask\", or \"journal\":"
          + " without a rule anybody who points a name at this machine uses up the limits of the CA";

  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  /** An address to listen on, before its name is resolved. */
  record Listening(Address address, ListenOptions options) {}

  private final KeyPath path = KeyPath.global(ACME);
  private final Problems problems;

  AcmeKeys(Problems problems) {
    this.problems = problems;
  }

  /**
   * The settings; null if the key is not set, or after a problem.
   *
   * @param hasJournal whether the journal is a file
   * @param listen the listen addresses
   */
  @Nullable CertificateOrders read(LuaValue value, boolean hasJournal, List<Listening> listen) {
    if (value.isnil()) {
      return null;
    }
    if (!(value instanceof LuaTable table)) {
      problems.add(
          path,
          value,
          "a table such as { directory = \"letsencrypt\", email = \"...\", allow = ... }");
      return null;
    }
    var section = new Section(path, table, problems);
    section.rejectUnknownKeys(ALL);
    URI directory = directory(section.get(DIRECTORY));
    String email = email(section.get(EMAIL));
    Path store = store(section.get(STORE));
    AllowedHosts allow = allow(section.get(ALLOW), hasJournal);
    int timeoutMillis = (int) Math.round(section.number(TIMEOUT) * 1000);
    List<X509Certificate> authorities = authorities(section.get(CA));
    ChallengeType challenge = challenge(section.get(CHALLENGE), listen);
    Section window = window(section.get(ORDERS));
    int orders = orders(window);
    long perSeconds = (long) window.number(SECONDS);
    warnOfLimits(directory, orders, perSeconds);
    if (directory == null || store == null || allow == null) {
      return null;
    }
    return new CertificateOrders(
        new AcmeSettings(
            directory,
            email,
            store,
            authorities,
            challenge,
            orders,
            perSeconds,
            timeoutMillis,
            AcmeSettings.DEFAULT_MAX_QUEUED),
        allow);
  }

  private @Nullable URI directory(LuaValue value) {
    String text = text(value);
    URI uri = uri(NAMED.getOrDefault(text, text));
    if (uri == null || !"https".equals(uri.getScheme()) || uri.getRawQuery() != null) {
      List<String> names = NAMED.keySet().stream().sorted().toList();
      String near = text.isEmpty() ? "" : NearestKey.suggestion(text, names);
      problems.add(path.key(DIRECTORY), value, DIRECTORIES + near);
      return null;
    }
    return uri;
  }

  /** An absolute URI with a host; null for anything else. */
  private static @Nullable URI uri(String text) {
    try {
      URI uri = new URI(text);
      return uri.getHost() != null && uri.getUserInfo() == null && uri.getFragment() == null
          ? uri
          : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }

  private @Nullable String email(LuaValue value) {
    String text = text(value);
    if (value.isnil()) {
      return null;
    }
    if (!ADDRESS.matcher(text).matches()) {
      problems.add(path.key(EMAIL), value, "one address, such as \"hostmaster@example.com\"");
      return null;
    }
    return text;
  }

  private @Nullable Path store(LuaValue value) {
    Path folder = value.isnil() ? Path.of(DEFAULT_STORE) : PathKey.parsed(value, problems);
    if (folder == null || (Files.exists(folder) && !Files.isDirectory(folder))) {
      problems.add(path.key(STORE), value, "the path of a folder in visible characters");
      return null;
    }
    Path parent = folder.getParent();
    if (!Files.exists(folder) && parent != null && !Files.isDirectory(parent)) {
      problems.warn(
          path.key(STORE), "there is no folder " + parent + ", so a start or a reload fails");
    }
    return folder;
  }

  private @Nullable AllowedHosts allow(LuaValue value, boolean hasJournal) {
    KeyPath at = path.key(ALLOW);
    String text = text(value);
    if (value.isclosure()) {
      return new AllowedHosts(AllowedHosts.Kind.SCRIPT, null);
    }
    if (text.equals(JOURNAL)) {
      if (!hasJournal) {
        problems.warn(
            at, "the journal is in memory only, so after a restart no host is allowed at first");
      }
      return new AllowedHosts(AllowedHosts.Kind.JOURNAL, null);
    }
    URI uri = uri(text);
    if (uri == null || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
      problems.add(at, value, ALLOWED);
      return null;
    }
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    if (EXAMPLE.matcher(host).matches()) {
      problems.add(at, value, "a URL of your own: whoever answers at " + host + " decides");
      return null;
    }
    if ("http".equals(uri.getScheme()) && !isLoopback(host)) {
      problems.warn(
          at, "is asked in clear, so whoever is between rsp and " + host + " decides: use https");
    }
    return new AllowedHosts(AllowedHosts.Kind.URL, uri);
  }

  private static boolean isLoopback(String host) {
    try {
      return host.equals("localhost")
          || (host.matches("[0-9.]+|\\[.*]") && InetAddress.getByName(host).isLoopbackAddress());
    } catch (IOException e) {
      return false;
    }
  }

  private List<X509Certificate> authorities(LuaValue value) {
    if (value.isnil()) {
      return List.of();
    }
    Path file = PathKey.parsed(value, problems);
    String problem = "a path in visible characters";
    try {
      if (file != null) {
        return PemFile.read(file).certificates();
      }
    } catch (IOException | GeneralSecurityException e) {
      problem = String.valueOf(e.getMessage());
    }
    problems.add(
        path.key(CA), value, "a readable file of certificates, for a CA of your own: " + problem);
    return List.of();
  }

  /** http-01 comes over addresses in clear, tls-alpn-01 over those with TLS. */
  private ChallengeType challenge(LuaValue value, List<Listening> listen) {
    boolean clear = listen.stream().anyMatch(entry -> !entry.options().tls());
    boolean tls = listen.stream().anyMatch(entry -> entry.options().tls());
    boolean http = listen.stream().anyMatch(entry -> isAsked(entry, false, HTTP_PORT));
    boolean alpn = listen.stream().anyMatch(entry -> isAsked(entry, true, HTTPS_PORT));
    if (!tls && !listen.isEmpty()) {
      problems.warn(path, "no listen address has tls = true, so no client asks for a certificate");
    } else if (!http && !alpn && !listen.isEmpty()) {
      problems.warn(
          path,
          "no listen address has port 80 in clear or port 443 with tls, and a CA connects to no"
              + " others: forward one of them to rsp, or no certificate is issued");
    }
    for (ChallengeType type : ChallengeType.values()) {
      if (text(value).equals(type.text())) {
        if (type == ChallengeType.HTTP_01 && !clear) {
          problems.warn(
              path.key(CHALLENGE), "all listen addresses have tls, so the CA cannot ask over http");
        } else if (type == ChallengeType.HTTP_01 && !http && alpn) {
          problems.warn(
              path.key(CHALLENGE),
              "no listen address in clear has port 80, to which the CA connects for it: forward it"
                  + " to rsp, or take \"tls-alpn-01\"");
        } else if (type == ChallengeType.TLS_ALPN_01 && !alpn && http) {
          problems.warn(
              path.key(CHALLENGE),
              "no listen address with tls has port 443, to which the CA connects for it: forward it"
                  + " to rsp, or take \"http-01\"");
        }
        return type;
      }
    }
    if (!value.isnil()) {
      problems.add(path.key(CHALLENGE), value, "\"http-01\" or \"tls-alpn-01\"");
    }
    return http || (clear && !alpn) ? ChallengeType.HTTP_01 : ChallengeType.TLS_ALPN_01;
  }

  /**
   * Whether a CA may reach an address: RFC 8555 §8.3 and RFC 8737 §3 fix the ports. Those of Unix
   * sockets, of proxies in front, and that the system chooses are not known here.
   */
  private static boolean isAsked(Listening entry, boolean tls, int port) {
    ListenOptions options = entry.options();
    Address address = entry.address();
    int own =
        address instanceof Address.Literal literal
            ? literal.socket().getPort()
            : address instanceof Address.Named named ? named.port() : 0;
    return options.tls() == tls && (own == port || own == 0 || options.proxyProtocol() != null);
  }

  private Section window(LuaValue value) {
    boolean isTable = value instanceof LuaTable;
    if (!isTable && !value.isnil()) {
      problems.add(
          path.key(ORDERS), value, "a number and its seconds, such as { 300, per = 10800 }");
    }
    return Section.of(path.key(ORDERS), isTable ? value : LuaValue.NIL, problems);
  }

  private int orders(Section window) {
    window.rejectOthers(1, List.of(PER));
    return (int) COUNT.read(path.key(ORDERS).index(1), window.first(), problems);
  }

  private void warnOfLimits(@Nullable URI directory, int orders, long perSeconds) {
    double rate = (double) orders / perSeconds;
    double most = (double) AcmeSettings.DEFAULT_ORDERS / AcmeSettings.DEFAULT_PER_SECONDS;
    if (directory != null && LETS_ENCRYPT.equals(directory.toString()) && rate > most) {
      problems.warn(
          path.key(ORDERS),
          "more than Let's Encrypt gives an account: 300 orders in 10800 seconds");
    }
  }

  private static String text(LuaValue value) {
    return value.type() == LuaValue.TSTRING ? value.tojstring() : "";
  }
}
