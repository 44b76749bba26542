// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.acme.AlpnCredential;
import dev.rsp.acme.Issuer;
import dev.rsp.certs.Catalogue;
import dev.rsp.certs.CertificateEntry;
import dev.rsp.certs.CertificateSettings;
import dev.rsp.certs.Certificates;
import dev.rsp.certs.Credential;
import dev.rsp.certs.Named;
import dev.rsp.certs.Preparation;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ListenAddress;
import dev.rsp.config.ListenOptions;
import dev.rsp.net.tls.CertificateSource;
import dev.rsp.net.tls.ClientHello;
import dev.rsp.net.tls.ServerIdentity;
import dev.rsp.net.tls.TicketKeys;
import dev.rsp.net.tls.TicketRotation;
import dev.rsp.net.tls.TlsProfile;
import io.netty.util.concurrent.EventExecutor;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates in use, for the handshakes of all loops. What is opened and used is what the
 * folders had at that moment; later changes of files need no configuration.
 */
final class CurrentCertificates extends Current<CurrentCertificates.Opened>
    implements CertificateSource {
  private static final Logger log = LoggerFactory.getLogger(CurrentCertificates.class);

  /** Reading one takes about a millisecond; more threads would only take time from the loops. */
  private static final int READERS = 2;

  /** More handshakes than that, each for another certificate, wait for no answer. */
  private static final int MAX_WAITING = 10_000;

  private static final int IDLE_SECONDS = 10;

  /** What was read for a configuration. Once it is used, newer ones replace it. */
  static final class Opened {
    private @Nullable Catalogue read;

    private Opened(@Nullable Catalogue read) {
      this.read = read;
    }
  }

  private final TicketKeys tickets = TicketKeys.random();
  private final TicketRotation rotation = new TicketRotation(tickets);
  private final ThreadPoolExecutor readers = readers();
  private final Certificates<ServerIdentity> certificates =
      new Certificates<>(new Identities(), readers);

  /** Those of the addresses that are listened on. */
  private volatile Set<TlsProfile> profiles = Set.of();

  private final CurrentIssuer orders;
  private final OrderWaits waits = new OrderWaits();

  /**
   * No certificates at first.
   *
   * @param orders has certificates ordered for hosts without one
   */
  CurrentCertificates(CurrentIssuer orders) {
    super("certificates");
    this.orders = orders;
  }

  private static ThreadPoolExecutor readers() {
    AtomicInteger number = new AtomicInteger();
    var pool =
        new ThreadPoolExecutor(
            READERS,
            READERS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MAX_WAITING),
            task -> {
              var thread = new Thread(task, "certificate-reader-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private final class Identities implements Preparation<ServerIdentity> {
    @Override
    public ServerIdentity prepare(Credential credential) throws GeneralSecurityException {
      ServerIdentity identity =
          ServerIdentity.of(credential.entry(), credential.key(), credential.chain(), tickets);
      try {
        identity.prepare(profiles);
      } catch (SSLException e) {
        identity.release();
        throw new GeneralSecurityException(e.getMessage(), e);
      } catch (RuntimeException | Error e) {
        identity.release();
        throw e;
      }
      return identity;
    }

    @Override
    public void retain(ServerIdentity identity) {
      if (!identity.retain()) {
        throw new IllegalStateException("released: " + identity.key());
      }
    }

    @Override
    public void release(ServerIdentity identity) {
      identity.release();
    }
  }

  @Override
  @Nullable Opened find(Config newer, @Nullable Opened current) throws ConfigException {
    CertificateSettings settings = newer.certificates();
    if (settings == null) {
      return null;
    }
    profiles = profiles(newer);
    Catalogue before = certificates.catalogue();
    Catalogue read = certificates.read(settings);
    String file = newer.program().name();
    if (read.size() == 0 && before != null && before.size() > 0) {
      throw new ConfigException(
          ConfigException.Kind.CANNOT_RUN,
          List.of(
              "%s: certificates: none of them can be served, %d are broken (rsp certs %s says why)"
                  .formatted(file, read.brokenCount(), file)));
    }
    if (before != null) {
      return new Opened(read);
    }
    // Before the first client connects.
    certificates.use(read);
    if (read.size() == 0 && newer.orders() == null) {
      log.warn("{}: certificates: none can be served yet, so no handshake succeeds", file);
    }
    return new Opened(null);
  }

  private static Set<TlsProfile> profiles(Config config) {
    return config.listen().stream()
        .map(ListenAddress::options)
        .filter(ListenOptions::tls)
        .map(TlsProfile::of)
        .collect(Collectors.toSet());
  }

  @Override
  void begin(Opened opened, Config newer) {
    Catalogue read = opened.read;
    if (read != null) {
      opened.read = null;
      certificates.use(read);
    }
    rotation.use(newer.ticketKeys());
  }

  @Override
  void end(Opened opened) {
    if (used() == null) {
      certificates.useNone();
    }
  }

  @Override
  void close() {
    certificates.close(); // first, because it writes the index of what is in use
    super.close();
    rotation.close();
    readers.shutdown();
  }

  /** How many handshakes wait for an order. */
  int waiting() {
    return waits.count();
  }

  /** All certificates; for figures and operators. */
  Certificates<ServerIdentity> all() {
    return certificates;
  }

  @Override
  public int find(
      ClientHello hello, EventExecutor loop, Consumer<@Nullable ServerIdentity> answer) {
    Issuer issuer = orders.issuer();
    String name = hello.serverName();
    if (issuer != null && name != null) {
      if (hello.asksForProof()) {
        prove(issuer.alpnCredential(name), loop, answer);
        return 0;
      }
      if (!certificates.covers(name)) {
        return waits.begin(
            issuer::want, name, orders.waitMillis(), loop, () -> findNow(hello, loop, answer));
      }
    }
    findNow(hello, loop, answer);
    return 0;
  }

  /** Answers an authority: RFC 8737 §3. Without a challenge for the name it gets an alert. */
  private void prove(
      @Nullable AlpnCredential proof,
      EventExecutor loop,
      Consumer<@Nullable ServerIdentity> answer) {
    if (proof == null) {
      answer.accept(null);
      return;
    }
    try {
      readers.execute(
          () -> {
            ServerIdentity identity = identity(proof);
            try {
              loop.execute(() -> answer.accept(identity));
            } catch (RejectedExecutionException e) {
              if (identity != null) {
                identity.release(); // the loop has ended
              }
            }
          });
    } catch (RejectedExecutionException e) {
      answer.accept(null);
    }
  }

  private @Nullable ServerIdentity identity(AlpnCredential proof) {
    try {
      return ServerIdentity.ofProof(proof.key(), proof.certificate(), tickets);
    } catch (GeneralSecurityException | RuntimeException | Error e) {
      // Whatever it is: the authority must be answered, and the thread must go on.
      log.warn("no answer to a challenge tls-alpn-01: {}", e.toString());
      return null;
    }
  }

  @Override
  public boolean ordersCertificates() {
    return orders.issuer() != null;
  }

  @Override
  public @Nullable String keyAuthorization(String host, String token) {
    Issuer issuer = orders.issuer();
    return issuer == null ? null : issuer.keyAuthorization(host, token);
  }

  /** With the certificates that there are now. */
  private void findNow(
      ClientHello hello, EventExecutor loop, Consumer<@Nullable ServerIdentity> answer) {
    Named named = certificates.find(hello.serverName());
    ServerIdentity ready = named == null ? null : certificates.ready(named, hello.takesEcdsa());
    if (named == null || ready != null) {
      answer.accept(ready);
    } else {
      certificates.load(
          named, hello.takesEcdsa(), loop, (identity, reason) -> answer.accept(identity));
    }
  }

  /**
   * RFC 9110 §15.5.20: not for a host that the certificate covers, nor where a new connection would
   * get the same certificate.
   */
  @Override
  public boolean isMisdirected(String host, Object used) {
    if (used instanceof CertificateEntry entry && entry.covers(host)) {
      return false;
    }
    Named other = certificates.find(host);
    return other == null || !other.has(used);
  }
}
