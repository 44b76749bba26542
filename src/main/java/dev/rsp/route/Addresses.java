// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.Place;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Places outside the list that a script named: IP addresses with a port, or Unix sockets.
 *
 * <p>Names are not taken: resolving them would block the loop. The last {@value #KEPT} are kept, so
 * that the same text is the same object and nothing is parsed twice. One event loop's.
 */
final class Addresses {
  private static final int KEPT = 4096;

  /** The kernel's limit of a socket's path, with its final NUL (unix(7)). */
  private static final int MAX_PATH_BYTES = 107;

  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(?:\\.\\d{1,3}){3}");
  private static final Pattern IPV6 = Pattern.compile("\\[([0-9A-Fa-f:.]{2,45})]");

  private final Map<String, Place> known =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Place> eldest) {
          return size() > KEPT;
        }
      };

  /** The place that a text means, or null if it is no address. */
  @Nullable Place place(String text) {
    Place place = known.get(text);
    if (place == null) {
      place = text.startsWith("unix:") ? unix(text.substring("unix:".length())) : tcp(text);
      if (place != null) {
        known.put(text, place);
      }
    }
    return place;
  }

  private static @Nullable Place unix(String path) {
    boolean valid =
        path.startsWith("/") && path.length() <= MAX_PATH_BYTES && !path.contains("/../");
    return valid ? Place.unix(path) : null;
  }

  private static @Nullable Place tcp(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0 || !text.substring(colon + 1).matches("\\d{1,5}")) {
      return null;
    }
    int port = Integer.parseInt(text.substring(colon + 1));
    String host = text.substring(0, colon);
    if (port < 1 || port > 65_535) {
      return null;
    }
    if (!IPV4.matcher(host).matches() && !IPV6.matcher(host).matches()) {
      return null;
    }
    try {
      // A literal: nothing is looked up.
      return Place.tcp(text, new InetSocketAddress(InetAddress.getByName(host), port));
    } catch (UnknownHostException e) {
      return null;
    }
  }
}
