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

/** A control socket or admin endpoint in use. It stays open while its address is the same. */
abstract class CurrentEndpoint extends Current<CurrentEndpoint.Opened> {
  private static final Logger log = LoggerFactory.getLogger(CurrentEndpoint.class);

  private final Operations operations;

  private CurrentEndpoint(String key, Operations operations) {
    super(key);
    this.operations = operations;
  }

  /**
   * An open endpoint.
   *
   * @param where its path or address in the file
   * @param access who may ask from when it is used
   * @param isNew whether it was opened for this configuration
   */
  record Opened(Object where, Endpoint endpoint, Access access, boolean isNew) {}

  /** The control socket: a Unix socket for who runs rsp. */
  static CurrentEndpoint control(Operations operations) {
    return new Control(operations);
  }

  /** The admin endpoint, which also serves the page. */
  static CurrentEndpoint admin(Operations operations) {
    return new Admin(operations);
  }

  private static final class Control extends CurrentEndpoint {
    Control(Operations operations) {
      super("control", operations);
    }

    @Override
    @Nullable Opened find(Config newer, @Nullable Opened current) throws ConfigException {
      String path = newer.controlPath();
      return path == null ? null : openAt(newer, current, path, Access.ofSocket(List.of(), null));
    }
  }

  private static final class Admin extends CurrentEndpoint {
    private final Page page = Page.shipped();

    Admin(Operations operations) {
      super("admin", operations);
    }

    @Override
    @Nullable Opened find(Config newer, @Nullable Opened current) throws ConfigException {
      AdminSettings admin = newer.admin();
      if (admin == null) {
        return null;
      }
      String path = admin.unixPath();
      return path == null
          ? openAt(
              newer,
              current,
              Objects.requireNonNull(admin.address(), "an address"),
              Access.withToken(token(newer, admin), admin.names(), page))
          : openAt(newer, current, path, Access.ofSocket(admin.names(), page));
    }
  }

  final String token(Config newer, AdminSettings admin) throws ConfigException {
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
        List.of("%s: %s: %s: %s".formatted(newer.program().name(), name(), what, why)));
  }

  /** The one in use if it is there already, else a new one. */
  final Opened openAt(Config newer, @Nullable Opened current, Object where, Access access)
      throws ConfigException {
    if (current != null && current.where.equals(where)) {
      return new Opened(where, current.endpoint, access, false);
    }
    try {
      return new Opened(
          where,
          where instanceof InetSocketAddress address
              ? Endpoint.open(name(), address, operations, access)
              : Endpoint.open(name(), where.toString(), operations, access),
          access,
          true);
    } catch (IOException e) {
      throw cannot(newer, "cannot listen on " + where, String.valueOf(e.getMessage()));
    }
  }

  @Override
  void begin(Opened newer, Config config) {
    newer.endpoint.use(newer.access);
    InetSocketAddress address = newer.endpoint.address();
    if (address != null && newer.isNew) {
      log.info("{} listens on {}:{}", name(), address.getHostString(), address.getPort());
    }
  }

  @Override
  boolean isSame(Opened one, Opened other) {
    return one.endpoint == other.endpoint;
  }

  @Override
  void end(Opened opened) {
    opened.endpoint.close();
  }
}
