// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.config.ListenOptions;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.Service;
import dev.rsp.http.ChallengePath;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.net.tls.CertificateSource;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a listen address asks of each request beside HTTP: that it comes with https, and over a
 * connection whose certificate is that of its host. And what rsp answers a certificate authority
 * that asks whether a host is served here. One per connection, on its loop.
 */
public final class EdgeRules {
  /** RFC 9110 §15.5.20: the client may repeat it on another connection. */
  private static final Refusal MISDIRECTED =
      new Refusal(421, "this host has another certificate than the connection");

  /** RFC 6797 §6.1: a client uses the first such field only. */
  public static final String HSTS = "Strict-Transport-Security";

  private static final int HTTPS_PORT = 443;

  private final LoopState loop;
  private final ListenOptions options;
  private final @Nullable Object certificate;
  private final boolean checksHost;

  /** Whether certificates are ordered, so that an authority may ask. */
  private final boolean answersChallenges;

  /** The last host that was checked and is served here. */
  private byte[] lastHost = new byte[0];

  private final byte @Nullable [] hstsLine;

  private EdgeRules(LoopState loop, Peer peer, boolean checksHost, boolean answersChallenges) {
    this.loop = loop;
    this.options = peer.options();
    this.certificate = peer.certificate();
    this.checksHost = checksHost;
    this.answersChallenges = answersChallenges;
    this.hstsLine =
        options.hsts() == null
            ? null
            : (HSTS + ": " + options.hsts() + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * The rules for a connection; null if there are none.
   *
   * @param http2 whether it carries HTTP/2, whose clients use one connection for several hosts (RFC
   *     9113 §9.1.1)
   */
  public static @Nullable EdgeRules of(LoopState loop, Peer peer, boolean http2) {
    ListenOptions options = peer.options();
    boolean checks = peer.certificate() != null && (http2 || options.checksHost());
    Service service = loop.service();
    CertificateSource source = service.certificates;
    boolean answers = source != null && source.ordersCertificates();
    return checks || answers || options.redirectPort() > 0 || options.hsts() != null
        ? new EdgeRules(loop, peer, checks, answers)
        : null;
  }

  /** Why a request with a host is not served here, or what rsp answers itself; null if neither. */
  public @Nullable CountedRefusal refusal(RequestHead head) {
    Refusal own = answer(head);
    if (own == null) {
      return null;
    }
    return new CountedRefusal(own, own.isAnswer() ? Ending.OWN_ANSWER : Ending.REFUSED);
  }

  private @Nullable Refusal answer(RequestHead head) {
    int redirectPort = options.redirectPort();
    String token = answersChallenges || redirectPort > 0 ? ChallengePath.token(head) : null;
    if (token != null) {
      Refusal answer = answersChallenges ? challengeAnswer(head, token) : null;
      if (answer != null) {
        return answer;
      }
    } else if (redirectPort > 0) {
      return Refusal.redirect(location(head));
    }
    // A challenge that is not rsp's may be one of the site, which has an ACME client of its own.
    return checksHost && isMisdirected(head) ? MISDIRECTED : null;
  }

  private @Nullable Refusal challengeAnswer(RequestHead head, String token) {
    Service service = loop.service();
    CertificateSource source = service.certificates;
    String proof = source == null ? null : source.keyAuthorization(head.host(), token);
    return proof == null ? null : Refusal.answer(proof);
  }

  /** The line of {@link #HSTS} for responses that do not have it; null for none. Read-only. */
  public byte @Nullable [] hstsLine() {
    return hstsLine;
  }

  private String location(RequestHead head) {
    int port = options.redirectPort();
    String path = head.pathAndQuery();
    return "https://"
        + head.host()
        + (port == HTTPS_PORT ? "" : ":" + port)
        + (path.equals("*") ? "/" : path);
  }

  private boolean isMisdirected(RequestHead head) {
    int length = head.hostLength();
    if (Arrays.equals(lastHost, 0, lastHost.length, head.hostBytes(), 0, length)) {
      return false;
    }
    Service service = loop.service();
    CertificateSource source = service.certificates;
    Object used = certificate;
    if (source == null || used == null || source.isMisdirected(head.host(), used)) {
      return true;
    }
    lastHost = Arrays.copyOf(head.hostBytes(), length);
    return false;
  }
}
