// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Which hosts with a certificate are looked at, and when: to ask the CA for the time of the
 * renewal, and then whether the host is still allowed. Not thread-safe.
 */
final class Renewals {
  /** Questions for the times of renewals under way at once, so that orders are not held up. */
  private static final int MAX_CHECKS = 2;

  /** Renewals that are looked at in one go. */
  private static final int MAX_BATCH = 64;

  /** When a host is asked again that may not be renewed, or for which there was no answer. */
  private static final long DENIED_MILLIS = TimeUnit.DAYS.toMillis(1);

  private static final long UNANSWERED_MILLIS = TimeUnit.HOURS.toMillis(1);

  /** A certificate that cannot be renewed is given up this long after its end. */
  private static final long GIVE_UP_MILLIS = TimeUnit.DAYS.toMillis(30);

  private final Hosts hosts;
  private final String account;
  private final Questions questions;
  private int checking;

  /**
   * What is to be done now.
   *
   * @param ask hosts that are due, with a new question in {@link Questions}
   * @param check certificates whose time the CA is asked for; {@link #checked} must follow
   */
  record Work(List<String> ask, List<Check> check) {}

  /** A certificate whose time the CA is asked for. */
  record Check(HostState host, StoredCertificate certificate) {}

  Renewals(Hosts hosts, String account, Questions questions) {
    this.hosts = hosts;
    this.account = account;
    this.questions = questions;
  }

  /** Looks at all hosts again, spread over time: after a start, or when the clock was set back. */
  void planAll(long nowMillis) {
    for (HostState host : hosts.all()) {
      StoredCertificate certificate = host.certificate();
      if (certificate != null) {
        double part = RenewalTime.fraction(host.name());
        plan(host, certificate, nowMillis, (long) (RenewalTime.MOST_CHECK_MILLIS * part));
      }
    }
  }

  /**
   * Looks at a host when its certificate is due.
   *
   * @param againMillis how long until the CA is asked, if it announces renewals
   */
  void plan(HostState host, StoredCertificate certificate, long nowMillis, long againMillis) {
    long due = dueMillis(certificate);
    hosts.lookAt(host, hosts.announces() ? Math.min(due, nowMillis + againMillis) : due);
  }

  /** Certificates of another CA are replaced as fast as the budget allows. */
  private long dueMillis(StoredCertificate certificate) {
    boolean isOther = !certificate.account().isEmpty() && !certificate.account().equals(account);
    return isOther ? 0 : certificate.renewalMillis();
  }

  /** Takes what is due now; more may be left. */
  Work due(long nowMillis) {
    var work = new Work(new ArrayList<>(), new ArrayList<>());
    boolean more = true;
    for (int i = 0; more && i < MAX_BATCH; i++) {
      HostState host = hosts.next();
      StoredCertificate certificate = host == null ? null : host.certificate();
      more =
          host != null
              && certificate != null
              && host.nextMillis() <= nowMillis
              && look(host, certificate, nowMillis, work);
    }
    return work;
  }

  /** Looks at the next one; false if it must wait until a check or a question has ended. */
  private boolean look(HostState host, StoredCertificate certificate, long now, Work work) {
    if (!host.isIdle()) {
      hosts.lookAt(host, now + UNANSWERED_MILLIS); // its order sets another time
    } else if (dueMillis(certificate) > now) {
      return lookAhead(host, certificate, now, work);
    } else if (certificate.notAfterMillis() < now - GIVE_UP_MILLIS) {
      hosts.forgetTime(host);
      host.held("expired long ago, and could not be renewed");
    } else if (host.isHeld(now)) {
      hosts.lookAt(host, host.retryMillis());
    } else if (questions.renewals() >= MAX_BATCH) {
      return false;
    } else {
      hosts.lookAt(host, now + UNANSWERED_MILLIS);
      if (questions.addRenewal(host.name())) {
        work.ask.add(host.name());
      }
    }
    return true;
  }

  private boolean lookAhead(HostState host, StoredCertificate certificate, long now, Work work) {
    if (!hosts.announces()) {
      hosts.lookAt(host, certificate.renewalMillis());
      return true;
    }
    if (checking >= MAX_CHECKS) {
      return false;
    }
    checking++;
    hosts.lookAt(host, now + RenewalTime.MOST_CHECK_MILLIS);
    work.check.add(new Check(host, certificate));
    return true;
  }

  /**
   * Takes what the CA says.
   *
   * @param window null if it does not say
   * @return what the log of orders should say; null if there is nothing new
   */
  @Nullable String checked(Check check, Authority.@Nullable Window window, long nowMillis) {
    checking--;
    HostState host = check.host;
    StoredCertificate certificate = check.certificate;
    if (window == null || !certificate.equals(host.certificate())) {
      return null;
    }
    StoredCertificate next =
        certificate.withRenewal(
            RenewalTime.within(
                host.name(),
                certificate.notBeforeMillis(),
                certificate.notAfterMillis(),
                window.startMillis(),
                window.endMillis()));
    long again = nowMillis + RenewalTime.checkMillis(window.againMillis());
    hosts.lookAt(host, Math.min(next.renewalMillis(), again));
    if (next.renewalMillis() == certificate.renewalMillis()) {
      return null;
    }
    host.renewal(next);
    return Hosts.certificateLine(host.name(), next);
  }

  /** A host that is due is not allowed, or it could not be asked. */
  void postpone(String name, Allow.Answer answer, String reason, long nowMillis) {
    HostState host = hosts.get(name);
    if (host != null && host.certificate() != null) {
      host.held(reason);
      boolean denied = answer == Allow.Answer.NO;
      hosts.lookAt(host, nowMillis + (denied ? DENIED_MILLIS : UNANSWERED_MILLIS));
    }
  }

  /**
   * When {@link #due} has something; far away if the end of a check or question must be awaited.
   */
  long nextMillis() {
    HostState host = hosts.next();
    return host == null || checking >= MAX_CHECKS || questions.renewals() >= MAX_BATCH
        ? Long.MAX_VALUE
        : host.nextMillis();
  }
}
