// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.admin.Access;
import dev.rsp.admin.Endpoint;
import dev.rsp.admin.Operations;
import dev.rsp.admin.Page;
import dev.rsp.config.AdminSettings;
import dev.rsp.config.AdminToken;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A control socket or admin endpoint in use, from one configuration to the next. {@link Daemon}
 * calls it under its lock.
 */
final class CurrentEndpoint {
  private static final Logger log = LoggerFactory.getLogger(CurrentEndpoint.class);

  private final String key;
  private final Page page = Page.shipped();
  private @Nullable Opened used;

  /**
   * Nothing is in use at first.
   *
   * @param key {@code control} or {@code admin}
   */
  CurrentEndpoint(String key) {
    this.key = key;
  }

  /**
   * An open endpoint.
   *
   * @param where its path or address in the file
   * @param access who may ask from when it is used
   */
  record Opened(Object where, Endpoint endpoint, Access access) {}

  /**
   * The control socket for a configuration: the one in use if it has the same path, else a new one.
   *
   * @return null if the configuration has none
   * @throws ConfigException if it cannot be opened
   */
  @Nullable Opened openControl(Config newer, Operations operations) throws ConfigException {
    String path = newer.controlPath();
    return path == null ? null : open(newer, path, operations, Access.ofSocket(List.of(), null));
  }

  /**
   * The admin endpoint for a configuration, in the same way.
   *
   * @return null if the configuration has none
   * @throws ConfigException if it cannot be opened, or its token cannot be read
   */
  @Nullable Opened openAdmin(Config newer, Operations operations) throws ConfigException {
    AdminSettings admin = newer.admin();
    if (admin == null) {
      return null;
    }
    String path = admin.unixPath();
    return path == null
        ? open(
            newer,
            Objects.requireNonNull(admin.address(), "an address"),
            operations,
            Access.withToken(token(newer, admin), admin.names(), page))
        : open(newer, path, operations, Access.ofSocket(admin.names(), page));
  }

  private String token(Config newer, AdminSettings admin) throws ConfigException {
    Path file = admin.tokenFile();
    if (file == null) {
      return admin.token();
    }
    try {
      String token = AdminToken.read(file);
      String problem = AdminSettings.problemOf(token);
      if (problem == null) {
        return token;
      }
      throw cannot(newer, "token_file: " + file, "expected: " + problem);
    } catch (IOException e) {
      throw cannot(newer, "cannot read the token", String.valueOf(e.getMessage()));
    }
  }

  private ConfigException cannot(Config newer, String what, String why) {
    return new ConfigException(
        ConfigException.Kind.CANNOT_RUN,
        List.of("%s: %s: %s: %s".formatted(newer.program().name(), key, what, why)));
  }

  private Opened open(Config newer, Object where, Operations operations, Access access)
      throws ConfigException {
    Opened current = used;
    if (current != null && current.where.equals(where)) {
      return new Opened(where, current.endpoint, access);
    }
    try {
      return new Opened(
          where,
          where instanceof InetSocketAddress address
              ? Endpoint.open(key, address, operations, access)
              : Endpoint.open(key, where.toString(), operations, access),
          access);
    } catch (IOException e) {
      throw cannot(newer, "cannot listen on " + where, String.valueOf(e.getMessage()));
    }
  }

  /** Uses an endpoint from now on, and closes the one before. */
  void use(@Nullable Opened newer) {
    Opened before = used;
    used = newer;
    if (newer != null) {
      newer.endpoint.use(newer.access);
      InetSocketAddress address = newer.endpoint.address();
      if (address != null && (before == null || !before.where.equals(newer.where))) {
        log.info("{} listens on {}:{}", key, address.getHostString(), address.getPort());
      }
    }
    discard(before, newer);
  }

  /** Closes an endpoint that was opened and is not used. */
  void discard(@Nullable Opened opened) {
    discard(opened, used);
  }

  @SuppressWarnings("ReferenceEquality") // the same endpoint, not an equal one
  private static void discard(@Nullable Opened one, @Nullable Opened kept) {
    if (one != null && (kept == null || one.endpoint != kept.endpoint)) {
      one.endpoint.close();
    }
  }
}
