// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.nio.channels.UnresolvedAddressException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Account;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Order;
import org.shredzone.acme4j.OrderBuilder;
import org.shredzone.acme4j.PollableResource;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.RenewalInfo;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.challenge.Challenge;
import org.shredzone.acme4j.challenge.Http01Challenge;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;
import org.shredzone.acme4j.connector.Connection;
import org.shredzone.acme4j.connector.Resource;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeLazyLoadingException;
import org.shredzone.acme4j.exception.AcmeNetworkException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.exception.AcmeServerException;
import org.shredzone.acme4j.toolbox.JSONBuilder;

/**
 * A CA that speaks ACME, by acme4j. Each order has a session of its own while it lasts, because a
 * session sends one request at a time.
 */
final class AcmeAuthority implements Authority {
  /** A CA that answers no request in this time is as good as down. */
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(20);

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** For the validation, and again for the certificate: a client does not wait as long. */
  private static final Duration POLL_TIMEOUT = Duration.ofMinutes(2);

  /** The first look comes soon: most CAs validate within a second. */
  private static final long FIRST_POLL_MILLIS = 150;

  private static final long MOST_POLL_MILLIS = 5_000;

  /** Sessions that are kept: as many as there are orders under way. */
  private static final int MAX_SESSIONS = 10;

  private static final String ERROR_PREFIX = "urn:ietf:params:acme:error:";

  private final AcmeSettings settings;
  private final KeyPair account;
  private final HttpClient http;

  /** Sessions that no order uses now. */
  private final Deque<Caller> callers = new ConcurrentLinkedDeque<>();

  private @Nullable URL accountLocation;
  private volatile boolean closed;

  /** A session, and the client that it uses. */
  private record Caller(AcmeClient client, Login login) {}

  /** The CA gives no certificate. */
  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Failure failure;

    Refused(Failure failure) {
      super(failure.reason());
      this.failure = failure;
    }
  }

  AcmeAuthority(AcmeSettings settings, KeyPair account) {
    this.settings = settings;
    this.account = account;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER);
    if (!settings.authorities().isEmpty()) {
      builder.sslContext(trust(settings.authorities()));
    }
    http = builder.build();
  }

  private static SSLContext trust(List<X509Certificate> authorities) {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (X509Certificate authority : authorities) {
        store.setCertificateEntry(Integer.toString(store.size()), authority);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e); // these certificates have been parsed
    }
  }

  // Orders ----------------------------------------------------------------------------------------

  @Override
  public Answer order(
      String host, byte[] request, @Nullable String replaces, Challenges challenges) {
    Answer answer = tryOrder(host, request, replaces, challenges);
    Failure failure = answer.failure();
    if (failure == null) {
      return answer;
    }
    if (failure.reason().startsWith("accountDoesNotExist")) {
      // A CA that has lost its accounts, or has removed ours: it is made once more.
      forgetAccount();
      return tryOrder(host, request, null, challenges);
    }
    // RFC 9773 §5: the CA does not take this name, so the order is a new one.
    return replaces != null && failure.reason().startsWith("alreadyReplaced")
        ? tryOrder(host, request, null, challenges)
        : answer;
  }

  private Answer tryOrder(
      String host, byte[] request, @Nullable String replaces, Challenges challenges) {
    var client = new AcmeClient(http);
    Caller caller = callers.pollFirst();
    try {
      if (caller == null) {
        caller = new Caller(client, login(client));
      } else {
        client = caller.client;
      }
      List<X509Certificate> chain = run(caller.login, host, request, replaces, challenges);
      release(caller);
      return new Answer(chain, null);
    } catch (Refused e) {
      if (caller != null) {
        release(caller);
      }
      return Answer.of(e.failure);
    } catch (AcmeException e) {
      return Answer.of(failure(host, client, e, caller == null));
    } catch (AcmeLazyLoadingException e) {
      return Answer.of(
          e.getCause() instanceof AcmeException cause
              ? failure(host, client, cause, false)
              : Failure.ofAuthority(String.valueOf(e.getMessage())));
    } catch (AcmeProtocolException | IllegalArgumentException | IllegalStateException e) {
      return Answer.of(
          new Failure(
              Blame.AUTHORITY,
              "the CA does not speak as RFC 8555 says: " + e.getMessage(),
              client.retryMillis(),
              null));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Answer.of(Failure.ofAuthority("the order was given up"));
    }
  }

  private void release(Caller caller) {
    if (callers.size() < MAX_SESSIONS) {
      callers.addFirst(caller);
    }
  }

  private List<X509Certificate> run(
      Login login, String host, byte[] request, @Nullable String replaces, Challenges challenges)
      throws AcmeException, Refused, InterruptedException {
    OrderBuilder builder = login.newOrder().domain(host);
    if (replaces != null && announces(login.getSession())) {
      builder.replaces(replaces);
    }
    Order order = builder.create();
    for (Authorization authorization : order.getAuthorizations()) {
      validate(authorization, host, challenges);
    }
    await(order, "the order");
    if (order.getStatus() == Status.READY) {
      // Not Order.execute, which has a form for a class of BouncyCastle.
      try (Connection connection = login.getSession().connect()) {
        JSONBuilder claims = new JSONBuilder();
        claims.putBase64("csr", request);
        connection.sendSignedRequest(order.getFinalizeLocation(), claims, login);
      }
      order.fetch();
      await(order, "the certificate");
    }
    if (order.getStatus() != Status.VALID) {
      throw new Refused(
          Failure.ofHost(order.getError().map(AcmeAuthority::text).orElse("the order is invalid")));
    }
    return order.getCertificate().getCertificateChain();
  }

  private void validate(Authorization authorization, String host, Challenges challenges)
      throws AcmeException, Refused, InterruptedException {
    if (authorization.getStatus() == Status.VALID) {
      return;
    }
    Challenge challenge = choose(authorization);
    AlpnCredential credential = null;
    if (challenge instanceof Http01Challenge file) {
      challenges.addFile(host, file.getToken(), file.getAuthorization());
    } else if (challenge instanceof TlsAlpn01Challenge alpn) {
      credential = challenges.addCertificate(host, alpn.getAuthorization());
    } else {
      throw new Refused(Failure.ofHost("the CA offers neither http-01 nor tls-alpn-01"));
    }
    try {
      challenge.trigger();
      await(authorization, "the validation");
    } finally {
      if (challenge instanceof Http01Challenge file) {
        challenges.removeFile(host, file.getToken());
      } else if (credential != null) {
        challenges.removeCertificate(host, credential);
      }
    }
    if (authorization.getStatus() != Status.VALID) {
      challenge.fetch();
      throw new Refused(
          Failure.ofHost(
              challenge.getType()
                  + ": "
                  + challenge.getError().map(AcmeAuthority::text).orElse("not validated")));
    }
  }

  private @Nullable Challenge choose(Authorization authorization) {
    Optional<Challenge> http = authorization.findChallenge(Http01Challenge.TYPE);
    Optional<Challenge> alpn = authorization.findChallenge(TlsAlpn01Challenge.TYPE);
    return settings.firstChallenge() == ChallengeType.HTTP_01
        ? http.or(() -> alpn).orElse(null)
        : alpn.or(() -> http).orElse(null);
  }

  /** Waits until something is neither pending nor processed. */
  private void await(PollableResource resource, String what)
      throws AcmeException, Refused, InterruptedException {
    long deadline = System.nanoTime() + POLL_TIMEOUT.toNanos();
    long wait = FIRST_POLL_MILLIS;
    while (resource.getStatus() == Status.PENDING || resource.getStatus() == Status.PROCESSING) {
      if (closed) {
        throw new InterruptedException("closed");
      }
      if (System.nanoTime() - deadline > 0) {
        throw new Refused(
            Failure.ofHost(what + " took more than " + POLL_TIMEOUT.toSeconds() + " s"));
      }
      Thread.sleep(wait);
      wait = Math.min(MOST_POLL_MILLIS, wait + wait / 2);
      Instant again = resource.fetch().orElse(null);
      if (again != null) {
        long asked = Duration.between(Instant.now(), again).toMillis();
        wait = Math.max(FIRST_POLL_MILLIS, Math.min(asked, 4 * MOST_POLL_MILLIS));
      }
    }
  }

  // The account -----------------------------------------------------------------------------------

  /** A session that is logged in; the account is made if there is none. */
  private synchronized Login login(AcmeClient client) throws AcmeException {
    Session session = client.session(settings.directory(), REQUEST_TIMEOUT);
    URL location = accountLocation;
    if (location != null) {
      return session.login(location, account);
    }
    AccountBuilder builder = new AccountBuilder().agreeToTermsOfService().useKeyPair(account);
    String email = settings.email();
    if (email != null) {
      builder.addEmail(email);
    }
    Login login = builder.createLogin(session);
    contact(login.getAccount());
    accountLocation = login.getAccountLocation();
    return login;
  }

  /** Tells the CA another address than that of an account that was there already. */
  private void contact(Account existing) throws AcmeException {
    String email = settings.email();
    List<URI> wanted = email == null ? List.of() : List.of(URI.create("mailto:" + email));
    // Let's Encrypt keeps no addresses since 2025, and names none.
    if (email != null
        && !existing.getContacts().isEmpty()
        && !existing.getContacts().equals(wanted)) {
      Account.EditableAccount change = existing.modify();
      change.getContacts().clear();
      change.addEmail(email);
      change.commit();
    }
  }

  private synchronized void forgetAccount() {
    accountLocation = null;
    callers.clear();
  }

  // Failures --------------------------------------------------------------------------------------

  private static Failure failure(
      String host, AcmeClient client, AcmeException e, boolean isOfAccount) {
    long retry = client.retryMillis();
    if (e instanceof AcmeServerException problem) {
      return failure(host, problem.getProblem(), client.status(), retry, isOfAccount);
    }
    String reason =
        e instanceof AcmeNetworkException && e.getCause() != null
            ? "the CA cannot be reached: " + reason(e.getCause())
            : "the CA has answered: " + e.getMessage();
    return new Failure(Blame.AUTHORITY, reason, retry, null);
  }

  /** In words: the JDK's client of HTTP gives no message if it cannot connect. */
  private static String reason(Throwable cause) {
    for (Throwable one = cause; one != null; one = one.getCause()) {
      if (one instanceof UnresolvedAddressException) {
        return "its name has no address";
      }
    }
    String message = cause.getMessage();
    if (message != null && !message.isEmpty()) {
      return message;
    }
    return cause instanceof ConnectException
        ? "it takes no connections"
        : cause.getClass().getSimpleName();
  }

  private static Failure failure(
      String host, Problem problem, int status, long retry, boolean isOfAccount) {
    String type = type(problem);
    if (type.equals("rateLimited") && !isOfAccount) {
      String domain = domain(host, problem.getDetail().orElse(""));
      return new Failure(
          domain == null ? Blame.AUTHORITY : Blame.HOST, text(problem), retry, domain);
    }
    boolean isOfAll =
        isOfAccount
            || status >= 500
            || List.of(
                    "serverInternal",
                    "userActionRequired",
                    "externalAccountRequired",
                    "accountDoesNotExist",
                    "badNonce",
                    "badSignatureAlgorithm",
                    "badPublicKey")
                .contains(type);
    return new Failure(isOfAll ? Blame.AUTHORITY : Blame.HOST, text(problem), retry, null);
  }

  /**
   * The host, or the domain of it, for which the CA refuses orders; null for all hosts. Let's
   * Encrypt names it in quotes in the detail, which is the only place.
   */
  static @Nullable String domain(String host, String detail) {
    for (int start = 0; host.indexOf('.', start) > 0; start = host.indexOf('.', start) + 1) {
      String domain = host.substring(start);
      if (detail.contains('"' + domain + '"')) {
        return domain;
      }
    }
    return null;
  }

  private static String type(Problem problem) {
    String type = String.valueOf(problem.getType());
    return type.startsWith(ERROR_PREFIX) ? type.substring(ERROR_PREFIX.length()) : type;
  }

  private static String text(Problem problem) {
    String detail = problem.getDetail().or(problem::getTitle).orElse("no detail");
    return type(problem) + ": " + detail;
  }

  // Renewals --------------------------------------------------------------------------------------

  private static boolean announces(Session session) throws AcmeException {
    return session.resourceUrlOptional(Resource.RENEWAL_INFO).isPresent();
  }

  @Override
  public @Nullable Window window(String id) {
    var client = new AcmeClient(http);
    try {
      Caller caller = callers.pollFirst();
      if (caller == null) {
        caller = new Caller(client, login(client));
      }
      URL base = caller.login.getSession().resourceUrlOptional(Resource.RENEWAL_INFO).orElse(null);
      Window window = base == null ? null : window(caller, base, id);
      release(caller);
      return window;
    } catch (AcmeException
        | AcmeProtocolException
        | AcmeLazyLoadingException
        | IOException
        | IllegalStateException
        | IllegalArgumentException
        | ArithmeticException e) {
      // RFC 9773 §4.3.3: it is asked again later, and the time known before stays.
      return null;
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  private static @Nullable Window window(Caller caller, URL base, String id)
      throws AcmeException, IOException {
    String text = base.toString();
    URL url = new URL(text + (text.endsWith("/") ? "" : "/") + id);
    RenewalInfo info = caller.login.bindRenewalInfo(url);
    Optional<Instant> again = info.fetch();
    long start = info.getSuggestedWindowStart().toEpochMilli();
    long end = info.getSuggestedWindowEnd().toEpochMilli();
    if (end <= start) {
      return null; // RFC 9773 §4.2: such a window is no answer
    }
    return new Window(
        start, end, again.map(time -> Duration.between(Instant.now(), time).toMillis()).orElse(0L));
  }
}
