// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import org.jspecify.annotations.Nullable;

/**
 * Who may connect to a listening Unix socket. What is null is as the system makes it: the mode by
 * the umask, the owner and group of the process.
 *
 * @param mode permission bits, 0 to 0777; connecting needs the right to write
 * @param owner the name or number of a user
 * @param group the name or number of a group
 */
public record SocketAccess(@Nullable Integer mode, @Nullable String owner, @Nullable String group) {
  /** As the system makes it. */
  public static final SocketAccess DEFAULTS = new SocketAccess(null, null, null);

  /** All permission bits: chmod(2), without those that mean nothing for a socket. */
  static final int MOST_MODE = 0777;

  /** Whom a name can mean. */
  public enum Kind {
    USER,
    GROUP;

    private static final UserPrincipalLookupService LOOKUP =
        FileSystems.getDefault().getUserPrincipalLookupService();

    String label() {
      return this == USER ? "user" : "group";
    }

    /** Whether the system knows that name, or it is a number. */
    boolean exists(String name) {
      try {
        find(name);
        return true;
      } catch (IOException e) {
        return false;
      }
    }

    /**
     * The user or group of a name or number.
     *
     * @throws IOException if there is none of that name
     */
    public UserPrincipal find(String name) throws IOException {
      try {
        return this == USER
            ? LOOKUP.lookupPrincipalByName(name)
            : LOOKUP.lookupPrincipalByGroupName(name);
      } catch (UserPrincipalNotFoundException e) {
        throw new IOException("there is no " + label() + " " + name, e);
      }
    }
  }

  public SocketAccess {
    if (mode != null && (mode < 0 || mode > MOST_MODE)) {
      throw new IllegalArgumentException("mode: " + mode + " (expected: 0 to 0777)");
    }
  }
}
