// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a site is started whose backend is not there.
 *
 * @param url what is called; {@code {host}} stands for the canonical host
 * @param unlessExists the path of a file that says that the site was started before, with {@code
 *     {host}} in it; null if there is none
 * @param method of the call
 * @param timeoutMillis from the call until the site accepts a connection
 * @param pollMillis between two looks whether it does
 * @param rememberMillis for which a failure is remembered
 * @param waiting requests that wait for one host
 * @param waitingTotal requests that wait for all hosts, over all loops
 * @param starting sites that are started at a time
 * @param bodyBytes the longest body that a request may announce and wait; 0 for any
 */
public record Initialise(
    String url,
    @Nullable String unlessExists,
    String method,
    int timeoutMillis,
    int pollMillis,
    int rememberMillis,
    int waiting,
    int waitingTotal,
    int starting,
    int bodyBytes) {
  static final String HOST = "{host}";

  /**
   * The URL for a host. A canonical host has letters, digits and {@code -._}, or is an IPv6 address
   * in brackets, whose brackets and colons are encoded.
   */
  public URI uri(String host) {
    return URI.create(url.replace(HOST, encoded(host)));
  }

  /** The URL as a log may show it: without user and query, which may hold secrets. */
  public String shownUrl(String host) {
    URI uri = uri(host);
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return uri.getScheme() + "://" + uri.getHost() + port + uri.getRawPath();
  }

  /**
   * The file of a host's site; null if there is none. A canonical host has no slash and no "..".
   */
  public @Nullable Path marker(String host) {
    return unlessExists == null ? null : Path.of(unlessExists.replace(HOST, host));
  }

  private static String encoded(String host) {
    var text = new StringBuilder();
    for (byte octet : host.getBytes(StandardCharsets.UTF_8)) {
      boolean plain =
          (octet >= 'a' && octet <= 'z')
              || (octet >= '0' && octet <= '9')
              || octet == '-'
              || octet == '.'
              || octet == '_';
      if (plain) {
        text.append((char) octet);
      } else {
        text.append(String.format(Locale.ROOT, "%%%02X", octet & 0xFF));
      }
    }
    return text.toString();
  }

  /** Whether a text is a URL that can be called for every host. */
  static boolean isUrl(String url) {
    try {
      URI uri = new URI(url.replace(HOST, "a.example"));
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      return (scheme.equals("http") || scheme.equals("https"))
          && uri.getHost() != null
          && uri.getRawFragment() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
