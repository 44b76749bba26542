// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.acme.AcmeSettings;
import dev.rsp.acme.Allow;
import dev.rsp.acme.Issuer;
import dev.rsp.config.AllowedHosts;
import dev.rsp.config.CertificateOrders;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.journal.JournalKeeper;
import dev.rsp.log.IoReason;
import dev.rsp.lua.ScriptException;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who orders certificates now. The issuer is made with the first configuration that has one. */
final class CurrentIssuer extends Current<CurrentIssuer.Use> {
  private static final Logger log = LoggerFactory.getLogger(CurrentIssuer.class);

  /** What a configuration asks of the issuer. */
  record Use(AcmeSettings settings, Allow allow) {}

  private final JournalKeeper journal;
  private final Consumer<Path> stored;
  private volatile @Nullable Issuer issuer;

  /**
   * Orders nothing at first.
   *
   * @param stored hears of each certificate that was written
   */
  CurrentIssuer(JournalKeeper journal, Consumer<Path> stored) {
    super("issuer");
    this.journal = journal;
    this.stored = stored;
  }

  @Override
  @Nullable Use find(Config newer, @Nullable Use current) throws ConfigException {
    CertificateOrders orders = newer.orders();
    if (orders == null) {
      return null;
    }
    makeStore(newer.program().name(), orders.settings().store());
    if (issuer == null) {
      issuer = new Issuer(stored);
    }
    return new Use(orders.settings(), allow(orders.allow(), newer));
  }

  private static void makeStore(String file, Path store) throws ConfigException {
    try {
      if (!Files.isDirectory(store)) {
        Files.createDirectory(
            store,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
    } catch (IOException e) {
      throw new ConfigException(
          ConfigException.Kind.CANNOT_RUN,
          List.of(
              "%s: acme.store: \"%s\" (expected: a folder that rsp may write to: %s)"
                  .formatted(file, store, IoReason.of(e))));
    }
  }

  private Allow allow(AllowedHosts allowed, Config newer) throws ConfigException {
    URI url = allowed.url();
    if (url != null) {
      return new UrlAllow(url);
    }
    if (allowed.kind() == AllowedHosts.Kind.JOURNAL) {
      return (host, answer) ->
          answer.accept(journal.hasServed(host) ? Allow.Answer.YES : Allow.Answer.NO);
    }
    try {
      return new ScriptAllow(newer.allowScript());
    } catch (ScriptException e) {
      throw new ConfigException(ConfigException.Kind.CANNOT_RUN, List.of(e.message()));
    }
  }

  @Override
  void begin(Use use, Config newer) {
    Issuer made = issuer;
    if (made != null) {
      made.use(use.settings(), use.allow());
    }
  }

  @Override
  void end(Use use) {
    Issuer made = issuer;
    if (made != null && used() == null) {
      made.useNone();
    }
    if (use.allow() instanceof Closeable closeable) {
      try {
        closeable.close();
      } catch (IOException e) {
        log.debug("cannot close acme.allow", e);
      }
    }
  }

  /** The issuer; null if no certificates are ordered now. Any thread. */
  @Nullable Issuer issuer() {
    return used() == null ? null : issuer;
  }

  /** How long a handshake waits for its certificate. Any thread. */
  int waitMillis() {
    Use now = used();
    return now == null ? 0 : (int) now.settings().timeoutMillis();
  }

  /** How many orders there may be in the time of {@code acme.orders}. Any thread. */
  int budget() {
    Use now = used();
    return now == null ? 0 : now.settings().orders();
  }

  /** Gives up the orders under way. */
  @Override
  void close() {
    super.close();
    Issuer made = issuer;
    if (made != null) {
      made.close();
    }
  }
}
