// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The fields of requests that are forwarded only from trusted proxies, beside those that {@link
 * FieldName} knows: applications and their frameworks believe what they say. Immutable; any thread.
 */
public final class UntrustedFields {
  /** Fields in which proxies say one thing without a comma. Of a list, the last element counts. */
  private static final Set<String> WITHOUT_COMMA =
      Set.of(
          // The client's address: frameworks' options for nginx, Akamai, Cloudflare, Fastly, Azure.
          "x-real-ip",
          "x-client-ip",
          "x-cluster-client-ip",
          "x-remote-ip",
          "x-remote-addr",
          "x-originating-ip",
          "client-ip", // Rails, and PHP applications
          "true-client-ip",
          "cf-connecting-ip",
          "cf-connecting-ipv6",
          "fastly-client-ip",
          "fly-client-ip",
          "x-azure-clientip",
          "x-appengine-user-ip",
          "x-envoy-external-address",
          "proxy-client-ip", // Java applications for WebLogic, and their many copies
          "wl-proxy-client-ip",
          "x-proxyuser-ip",
          "ali-cdn-real-ip",
          // The scheme and port: Rack, Rails, Spring, Symfony, gunicorn's secure_scheme_headers.
          "x-forwarded-port",
          "x-forwarded-ssl",
          "x-forwarded-scheme",
          "x-forwarded-protocol",
          "x-scheme",
          "x-url-scheme",
          "front-end-https",
          "x-forwarded-https",
          "x-arr-ssl",
          "fastly-ssl",
          "cloudfront-forwarded-proto",
          // The host.
          "x-host",
          "x-original-host",
          "x-forwarded-server");

  /** Fields whose value may contain commas. */
  private static final List<String> WITH_COMMA =
      List.of(
          "x-forwarded", // before RFC 7239
          "forwarded-for",
          "x-forwarded-by", // Tomcat's RemoteIpValve
          "x-original-forwarded-for",
          // The path: Spring, Werkzeug, Zend and Symfony (CVE-2018-14773), gunicorn's
          // forwarder_headers.
          "x-forwarded-prefix",
          "x-forwarded-path",
          "x-forwarded-uri",
          "x-forwarded-method",
          "x-original-url",
          "x-original-uri",
          "x-original-method",
          "x-rewrite-url",
          "x-script-name",
          "script_name",
          "path_info",
          // The user, from a proxy that authenticates.
          "x-forwarded-user",
          "x-forwarded-email",
          "x-forwarded-groups",
          "x-forwarded-preferred-username",
          "x-forwarded-access-token",
          "x-auth-request-user",
          "x-auth-request-email",
          "x-auth-request-groups",
          "x-auth-request-preferred-username",
          "x-auth-request-access-token",
          "x-forwarded-client-cert", // Envoy
          "x-forwarded-tls-client-cert", // Traefik
          "x-forwarded-tls-client-cert-info",
          "x-ssl-client-cert",
          "x-ssl-client-verify",
          "x-ssl-client-dn",
          "x-ssl-client-s-dn",
          "ssl-client-cert",
          "ssl-client-verify",
          "ssl-client-subject-dn",
          "x-client-cert",
          "x-client-verify",
          "client-cert", // RFC 9440 §2.4: a proxy removes what a client sends
          "client-cert-chain",
          "x-remote-user",
          "remote-user",
          // Which files the proxy serves: Rack::Sendfile (CVE-2025-61780).
          "x-sendfile-type",
          "x-accel-mapping");

  /** What rsp guards if the configuration names nothing else. */
  public static final UntrustedFields DEFAULTS = of(defaultNames());

  /** No fields. */
  static final UntrustedFields NONE = of(List.of());

  /** Longer than any known. */
  public static final int MAX_NAME = 63;

  private static final int ALPHABET_MASK = 31;

  /** In lower case. */
  private final byte[][] names;

  /** Whether rsp writes a field itself, so that nobody's is forwarded. */
  private final boolean[] own;

  /** Whether of a list in the value of a field the last element counts. */
  private final boolean[] lastElement;

  /** For each length of a name, a bit for each first letter: most fields need no comparison. */
  private final int[] firstLetters = new int[MAX_NAME + 1];

  private UntrustedFields(List<String> lowerCase, Set<String> own) {
    this.own = new boolean[lowerCase.size()];
    names = new byte[lowerCase.size()][];
    lastElement = new boolean[lowerCase.size()];
    for (int i = 0; i < names.length; i++) {
      this.own[i] = own.contains(lowerCase.get(i));
      names[i] = lowerCase.get(i).getBytes(StandardCharsets.US_ASCII);
      lastElement[i] = WITHOUT_COMMA.contains(lowerCase.get(i));
      firstLetters[names[i].length] |= 1 << (names[i][0] & ALPHABET_MASK);
    }
  }

  /** Fields by names for which {@link #isValid} is true. */
  public static UntrustedFields of(List<String> names) {
    return of(names, Set.of());
  }

  /**
   * The same.
   *
   * @param own those that rsp writes itself, in lower case: nobody's are forwarded
   */
  public static UntrustedFields of(List<String> names, Set<String> own) {
    List<String> all = names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    return new UntrustedFields(all, own);
  }

  /** The names of {@link #DEFAULTS}, in lower case. */
  public static List<String> defaultNames() {
    List<String> all = new ArrayList<>(WITHOUT_COMMA);
    all.addAll(WITH_COMMA);
    return all.stream().sorted().toList();
  }

  /**
   * Whether a text can be guarded: a token of at most {@value #MAX_NAME} characters that begins
   * with a letter and has no meaning of its own to rsp. The forwarding fields have one, but are
   * guarded anyway.
   */
  public static boolean isValid(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0
        || bytes.length > MAX_NAME
        || !Character.isLetter(name.charAt(0))
        || Octets.skipToken(bytes, 0, bytes.length) < bytes.length) {
      return false;
    }
    int known = FieldName.of(name);
    return known == FieldName.OTHER || (KeptFields.FORWARDING >> known & 1) != 0;
  }

  /**
   * Marks a field that has no meaning to rsp as a {@link FieldName#CLAIM} if it is one of these,
   * and as an {@link FieldName#ALIAS} if backends may take it for one. Of several with one name,
   * the last is forwarded.
   */
  void mark(Head head, int field) {
    int found = find(head.bytes, head.nameStart(field), head.nameEnd(field));
    if (found < 0) {
      return;
    }
    if (!Octets.equalsIgnoreCase(
        head.bytes, head.nameStart(field), head.nameEnd(field), names[found])) {
      head.setName(field, FieldName.ALIAS);
      return;
    }
    head.setName(field, own[found] ? FieldName.NOMINATED : FieldName.CLAIM);
    SingleValue.keepLast(head, field);
    if (lastElement[found]) {
      SingleValue.keepLastElement(head, field);
    }
  }

  /** Whether a range is one of the names, or would become the same variable of a backend. */
  boolean contains(byte[] bytes, int start, int end) {
    return find(bytes, start, end) >= 0;
  }

  private int find(byte[] bytes, int start, int end) {
    int length = end - start;
    if (length > MAX_NAME || (firstLetters[length] >> (bytes[start] & ALPHABET_MASK) & 1) == 0) {
      return -1;
    }
    for (int i = 0; i < names.length; i++) {
      if (names[i].length == length && sameVariable(bytes, start, names[i])) {
        return i;
      }
    }
    return -1;
  }

  /** As in {@link FieldName#match}: two names differ only in what is neither letter nor digit. */
  private static boolean sameVariable(byte[] bytes, int start, byte[] name) {
    for (int i = 0; i < name.length; i++) {
      byte octet = Octets.lower(bytes[start + i]);
      if (octet != name[i] && (FieldName.alphanumeric(octet) || FieldName.alphanumeric(name[i]))) {
        return false;
      }
    }
    return true;
  }
}
