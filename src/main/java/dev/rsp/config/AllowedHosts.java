// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Who says for which hosts certificates may be ordered.
 *
 * @param url which is asked with the query {@code domain=HOST}; null unless the kind is {@link
 *     Kind#URL}
 */
public record AllowedHosts(Kind kind, @Nullable URI url) {
  /** The kinds of {@code acme.allow}. */
  public enum Kind {
    /** A function of the file. */
    SCRIPT,
    /** A URL. */
    URL,
    /** The journal: hosts that a backend has answered with a status below 400. */
    JOURNAL
  }

  public AllowedHosts {
    if ((kind == Kind.URL) != (url != null)) {
      throw new IllegalArgumentException("kind: %s, url: %s".formatted(kind, url));
    }
  }
}
