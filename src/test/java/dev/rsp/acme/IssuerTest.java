// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole of it, with a CA that speaks ACME. */
@Timeout(60)
final class IssuerTest {
  private static final Allow YES = (host, answer) -> answer.accept(Allow.Answer.YES);

  @TempDir private Path store;

  /** Else the folder of the store is removed while something is written into it. */
  @AfterEach
  void awaitEnd() {
    OrdersRig.awaitEnd();
  }

  private AcmeSettings settings(URI directory, ChallengeType first) {
    return AcmeAuthorityTest.settings(directory, store, "a@example.org", first, 300);
  }

  private static String want(Issuer issuer, String host) throws Exception {
    var done = new CompletableFuture<String>();
    issuer.want(host, reason -> done.complete(reason == null ? "" : reason));
    return done.get(30, TimeUnit.SECONDS);
  }

  @Test
  void withoutSettingsNothingIsOrdered() throws Exception {
    try (var issuer = new Issuer(path -> {})) {
      assertEquals("rsp orders no certificates", want(issuer, "a.example"));
      assertEquals(List.of(), issuer.reports());
      assertEquals(0, issuer.figures().stored());
      assertNull(issuer.keyAuthorization("a.example", "token"));
      assertNull(issuer.alpnCredential("a.example"));
      issuer.useNone();
    }
  }

  @Test
  void namesThatNoCaCertifiesAreRefusedAtOnce() throws Exception {
    try (var issuer = new Issuer(path -> {});
        TestAcmeCa ca = TestAcmeCa.start()) {
      issuer.use(settings(ca.directory(), ChallengeType.HTTP_01), YES);
      for (String host : List.of("", "localhost", "127.0.0.1", "../../etc", "a_b.example")) {
        assertEquals("no CA issues certificates for such a name", want(issuer, host));
      }
      assertEquals(List.of(), ca.requests);
    }
  }

  @Test
  void challengesAreAnsweredWhileTheOrderIsUnderWay() throws Exception {
    List<Path> stored = Collections.synchronizedList(new ArrayList<>());
    var seen = new AtomicReference<String>("");
    try (var issuer = new Issuer(stored::add);
        TestAcmeCa ca = TestAcmeCa.start()) {
      ca.validator =
          (type, host, token) -> {
            String content = issuer.keyAuthorization(host, token);
            AlpnCredential alpn = issuer.alpnCredential(host);
            seen.set(type);
            assertNull(issuer.keyAuthorization("other.example", token));
            assertNull(issuer.alpnCredential("other.example"));
            boolean isAlpn = type.equals("tls-alpn-01") && alpn != null;
            boolean isFile = type.equals("http-01") && String.valueOf(content).startsWith(token);
            return isAlpn || isFile ? null : "not answered";
          };
      issuer.use(settings(ca.directory(), ChallengeType.HTTP_01), YES);
      assertEquals("", want(issuer, "a.example"));
      assertEquals("http-01", seen.get());
      issuer.use(settings(ca.directory(), ChallengeType.TLS_ALPN_01), YES);
      assertEquals("", want(issuer, "b.example"));
      assertEquals("tls-alpn-01", seen.get());
      assertEquals(2, stored.size());
      assertEquals(2, issuer.figures().issued(), "counted over reloads");
      assertEquals(2, issuer.figures().stored());
      assertEquals(2, issuer.reports().size());
      assertNotNull(issuer.reports().get(0).renewal());
    }
  }

  @Test
  void aReloadWithTheSameSettingsKeepsTheOrdersAndTakesTheNewRule() throws Exception {
    try (var issuer = new Issuer(path -> {});
        TestAcmeCa ca = TestAcmeCa.start()) {
      AcmeSettings settings = settings(ca.directory(), ChallengeType.HTTP_01);
      issuer.use(settings, YES);
      assertEquals("", want(issuer, "a.example"));
      issuer.use(
          settings(ca.directory(), ChallengeType.HTTP_01),
          (host, answer) -> answer.accept(Allow.Answer.NO));
      assertEquals("certificates are not allowed for this host", want(issuer, "b.example"));
      assertEquals(1, ca.count("/account "));
      assertTrue(!issuer.renewalsAreFree());
    }
  }

  @Test
  void aRestartUsesTheSameAccount() throws Exception {
    try (TestAcmeCa ca = TestAcmeCa.start()) {
      AcmeSettings settings = settings(ca.directory(), ChallengeType.HTTP_01);
      var keys = new ArrayList<Object>();
      for (String host : List.of("a.example", "b.example")) {
        try (var issuer =
            new Issuer(
                path -> {},
                (with, account) -> {
                  keys.add(account.getPublic());
                  return new AcmeAuthority(with, account);
                },
                Clock.systemUTC())) {
          issuer.use(settings, YES);
          String reason = want(issuer, host);
          for (int i = 0; i < 100 && reason.startsWith("another process"); i++) {
            reason = want(issuer, host);
          }
          assertEquals("", reason);
        }
      }
      assertEquals(keys.get(0), keys.get(1));
    }
  }
}
