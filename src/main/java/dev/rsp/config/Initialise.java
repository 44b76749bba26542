// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How to start a site whose backend does not accept connections.
 *
 * @param url the URL to call; {@code {host}} is replaced by the canonical host
 * @param unlessExists the path of a file, containing {@code {host}}, that exists if the site was
 *     started before; null if not set
 * @param method HTTP method of the call
 * @param timeoutMillis from the call until the site accepts a connection
 * @param pollMillis between two attempts to connect
 * @param rememberMillis for which a failed start is not tried again
 * @param waiting maximum of requests that wait for one host
 * @param waitingTotal maximum of requests that wait for any host, over all loops
 * @param starting maximum of sites that are being started at the same time
 * @param bodyBytes longest announced body of a request that may wait; 0 is no limit
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
   * The URL for a host. A canonical host consists of letters, digits and {@code -._}, or is an IPv6
   * address in brackets; brackets and colons are percent-encoded.
   */
  public URI uri(String host) {
    return URI.create(url.replace(HOST, encoded(host)));
  }

  /** The URL for the log: without user and query, which may contain secrets. */
  public String urlForLog(String host) {
    URI uri = uri(host);
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return uri.getScheme() + "://" + uri.getHost() + port + uri.getRawPath();
  }

  /**
   * The file that shows that a host's site was started; null if not configured. A canonical host
   * has no slash and no "..".
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

  /** Whether a text is a valid URL for every host. */
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
