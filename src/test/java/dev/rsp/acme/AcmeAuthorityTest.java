// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Orders at a CA that speaks ACME over HTTP. */
@Timeout(60)
final class AcmeAuthorityTest {
  private final KeyPair account = CertificateRequest.keys();
  private final KeyPair keys = CertificateRequest.keys();
  private final Challenges challenges = new Challenges();
  private TestAcmeCa ca;

  @BeforeEach
  void start() throws IOException {
    ca = TestAcmeCa.start();
    ca.validator = (type, host, token) -> isAnswered(type, host, token) ? null : "no answer";
  }

  private boolean isAnswered(String type, String host, String token) {
    return type.equals("http-01")
        ? isAnswer(challenges.file(host, token), token)
        : challenges.certificate(host) != null;
  }

  private static boolean isAnswer(@Nullable String content, String token) {
    return content != null && content.startsWith(token + ".");
  }

  @AfterEach
  void stop() {
    ca.close();
  }

  static AcmeSettings settings(
      URI directory, Path store, @Nullable String email, ChallengeType first, int orders) {
    return new AcmeSettings(
        directory, email, store, List.of(), first, orders, 10_800, 10_000, 1_000);
  }

  private AcmeAuthority authority(@Nullable String email, ChallengeType first) {
    return new AcmeAuthority(
        settings(ca.directory(), Path.of("/nowhere"), email, first, 300), account);
  }

  private Authority.Answer order(AcmeAuthority authority, String host) {
    return order(authority, host, null);
  }

  private Authority.Answer order(AcmeAuthority authority, String host, @Nullable String replaces) {
    return authority.order(host, CertificateRequest.of(host, keys), replaces, challenges);
  }

  private static Authority.Failure failure(Authority.Answer answer) {
    return Objects.requireNonNull(answer.failure(), "it has failed");
  }

  @Test
  void acme4jIsUsedWithoutBouncyCastle() {
    assertThrows(
        ClassNotFoundException.class, () -> Class.forName("org.bouncycastle.asn1.ASN1Object"));
  }

  @Test
  void aCertificateIsOrderedByHttp01() {
    Authority.Answer answer = order(authority("a@example.org", ChallengeType.HTTP_01), "a.example");
    assertNull(answer.failure(), () -> failure(answer).reason());
    assertEquals(keys.getPublic(), answer.chain().get(0).getPublicKey());
    assertEquals(2, answer.chain().size());
    assertEquals(1, ca.count("/chall/"), ca.requests::toString);
    assertTrue(ca.requests.stream().anyMatch(r -> r.startsWith("/chall") && r.contains("http-01")));
    assertNull(challenges.file("a.example", "token4"), "it is not kept");
    assertTrue(
        ca.requests.stream()
            .anyMatch(
                r ->
                    r.startsWith("/account ")
                        && r.contains("mailto:a@example.org")
                        && r.contains("\"termsOfServiceAgreed\":true")),
        ca.requests::toString);
  }

  @Test
  void tlsAlpn01IsTakenFirstIfTheSettingsSaySo() {
    assertNull(order(authority(null, ChallengeType.TLS_ALPN_01), "a.example").failure());
    assertTrue(ca.requests.stream().anyMatch(r -> r.contains("/tls-alpn-01 {}")));
    assertNull(challenges.certificate("a.example"), "it is not kept");
  }

  @Test
  void theOtherChallengeIsTakenIfTheCaDoesNotOfferTheFirst() {
    ca.challenges = List.of("dns-01", "tls-alpn-01");
    assertNull(order(authority(null, ChallengeType.HTTP_01), "a.example").failure());
    ca.challenges = List.of("http-01");
    assertNull(order(authority(null, ChallengeType.TLS_ALPN_01), "b.example").failure());
    ca.challenges = List.of("dns-01");
    Authority.Failure none = failure(order(authority(null, ChallengeType.HTTP_01), "c.example"));
    assertEquals("the CA offers neither http-01 nor tls-alpn-01", none.reason());
    assertEquals(Authority.Blame.HOST, none.blame());
  }

  @Test
  void theAccountIsMadeOnce() {
    AcmeAuthority authority = authority(null, ChallengeType.HTTP_01);
    assertNull(order(authority, "a.example").failure());
    assertNull(order(authority, "b.example").failure());
    assertEquals(1, ca.count("/account "), ca.requests::toString);
  }

  @Test
  void anotherAddressIsTold() {
    ca.contact = "mailto:old@example.org";
    assertNull(order(authority("new@example.org", ChallengeType.HTTP_01), "a.example").failure());
    assertEquals("mailto:new@example.org", ca.contact);
  }

  @Test
  void anAuthorizationThatIsValidNeedsNoChallenge() {
    ca.reusesAuthorizations = true;
    assertNull(order(authority(null, ChallengeType.HTTP_01), "a.example").failure());
    assertEquals(0, ca.count("/chall"));
  }

  @Test
  void aValidationThatTakesTimeIsAwaited() {
    ca.pendingPolls = 2;
    assertNull(order(authority(null, ChallengeType.HTTP_01), "a.example").failure());
  }

  @Test
  void aHostThatDoesNotAnswerIsToBlame() {
    ca.validator = (type, host, token) -> "no address for " + host;
    Authority.Failure failure = failure(order(authority(null, ChallengeType.HTTP_01), "a.example"));
    assertEquals("http-01: dns: no address for a.example", failure.reason());
    assertEquals(Authority.Blame.HOST, failure.blame());
  }

  @Test
  void aNameThatTheCaRefusesIsToBlame() {
    ca.refuse(400, "rejectedIdentifier", "policy", "");
    Authority.Failure failure = failure(order(authority(null, ChallengeType.HTTP_01), "a.example"));
    assertEquals("rejectedIdentifier: policy", failure.reason());
    assertEquals(Authority.Blame.HOST, failure.blame());
  }

  @Test
  void theLimitOfTheAccountHoldsAllHosts() {
    ca.refuse(429, "rateLimited", "too many new orders (300) from this account", "120");
    Authority.Failure failure = failure(order(authority(null, ChallengeType.HTTP_01), "a.example"));
    assertEquals(Authority.Blame.AUTHORITY, failure.blame());
    assertTrue(
        failure.retryMillis() > 100_000 && failure.retryMillis() <= 120_000,
        "millis: " + failure.retryMillis());
    assertNull(failure.domain());
  }

  @Test
  void theLimitOfADomainHoldsItsHosts() {
    ca.refuse(
        429, "rateLimited", "too many certificates (50) already issued for \"a.example\"", "120");
    Authority.Failure failure =
        failure(order(authority(null, ChallengeType.HTTP_01), "www.a.example"));
    assertEquals(Authority.Blame.HOST, failure.blame());
    assertEquals("a.example", failure.domain());
  }

  @Test
  void aDomainIsOnlyFoundInQuotesAndAboveTheHost() {
    assertEquals("w.a.example", AcmeAuthority.domain("w.a.example", "for \"w.a.example\" in"));
    assertNull(AcmeAuthority.domain("w.a.example", "for \"b.example\""));
    assertNull(AcmeAuthority.domain("w.a.example", "for a.example"));
    assertNull(AcmeAuthority.domain("w.a.example", "for \"example\""), "no whole top level domain");
  }

  @Test
  void aCaThatDoesNotWorkIsToBlame() {
    AcmeAuthority authority = authority(null, ChallengeType.HTTP_01);
    ca.refuse(500, "serverInternal", "database down", "");
    assertEquals(Authority.Blame.AUTHORITY, failure(order(authority, "a.example")).blame());
    ca.breakDown(503, "<html>", "30");
    Authority.Failure failure = failure(order(authority, "a.example"));
    assertEquals(Authority.Blame.AUTHORITY, failure.blame());
    assertTrue(failure.reason().contains("503"), failure.reason());
    assertTrue(failure.retryMillis() > 20_000, "millis: " + failure.retryMillis());
    ca.breakDown(200, "{\"status\":7}", "never");
    assertEquals(Authority.Blame.AUTHORITY, failure(order(authority, "a.example")).blame());
    assertNull(order(authority, "a.example").failure(), "and works again");
  }

  @Test
  void aCaThatCannotBeReachedIsToBlame() {
    AcmeAuthority authority = authority(null, ChallengeType.HTTP_01);
    ca.close();
    Authority.Failure failure = failure(order(authority, "a.example"));
    assertEquals(Authority.Blame.AUTHORITY, failure.blame());
    assertTrue(failure.reason().startsWith("the CA cannot be reached: "), failure.reason());
  }

  @Test
  void anAccountThatTheCaHasLostIsMadeAgain() {
    AcmeAuthority authority = authority(null, ChallengeType.HTTP_01);
    assertNull(order(authority, "a.example").failure());
    ca.refuse(400, "accountDoesNotExist", "who?", "");
    assertNull(order(authority, "b.example").failure());
    assertEquals(2, ca.count("/account "));
  }

  @Test
  void anAnswerThatIsTooLongIsAFailureOfTheCa() {
    ca.breakDown(200, "x".repeat(CompleteAnswer.MAX_BYTES + 1), "");
    Authority.Failure failure = failure(order(authority(null, ChallengeType.HTTP_01), "a.example"));
    assertEquals(Authority.Blame.AUTHORITY, failure.blame());
    assertTrue(failure.reason().endsWith("has more than 1048576 bytes"), failure.reason());
  }

  @Test
  void aRefusedNonceIsNoFailure() {
    ca.refuse(400, "badNonce", "again", "");
    assertNull(order(authority(null, ChallengeType.HTTP_01), "a.example").failure());
  }

  @Test
  void theCaIsToldWhichCertificateIsReplacedIfItAnnouncesRenewals() {
    AcmeAuthority authority = authority(null, ChallengeType.HTTP_01);
    assertNull(order(authority, "a.example", "AA.BB").failure());
    assertEquals(0, ca.requests.stream().filter(r -> r.contains("replaces")).count());
    ca.announces = true;
    authority = authority(null, ChallengeType.HTTP_01);
    assertNull(order(authority, "a.example", "AA.BB").failure());
    assertTrue(ca.requests.stream().anyMatch(r -> r.contains("\"replaces\":\"AA.BB\"")));
  }

  @Test
  void aCertificateThatWasReplacedAlreadyIsOrderedAnew() {
    ca.announces = true;
    ca.refuse(409, "alreadyReplaced", "by another order", "");
    assertNull(order(authority(null, ChallengeType.HTTP_01), "a.example", "AA.BB").failure());
  }

  @Test
  void theWindowOfARenewalIsRead() {
    assertNull(authority(null, ChallengeType.HTTP_01).window("AA.BB"), "not announced");
    ca.announces = true;
    AcmeAuthority authority = authority(null, ChallengeType.HTTP_01);
    Authority.Window window = authority.window("AA.BB");
    assertNotNull(window);
    assertEquals(Instant.parse("2030-01-01T00:00:00Z").toEpochMilli(), window.startMillis());
    assertEquals(Instant.parse("2030-01-03T00:00:00Z").toEpochMilli(), window.endMillis());
    assertTrue(window.againMillis() > 21_000_000, "millis: " + window.againMillis());
    ca.windowEnd = ca.windowStart;
    assertNull(authority.window("AA.BB"), "it ends before it begins");
    ca.windowEnd = "tomorrow";
    assertNull(authority.window("AA.BB"));
    ca.close();
    assertNull(authority.window("AA.BB"));
  }

  @Test
  void anOrderThatIsUnderWayEndsWithTheClient() throws Exception {
    ca.pendingPolls = 1_000;
    AcmeAuthority authority = authority(null, ChallengeType.HTTP_01);
    CompletableFuture<Authority.Answer> answer =
        CompletableFuture.supplyAsync(() -> order(authority, "a.example"));
    Eventually.holds(() -> ca.count("/chall") > 0);
    authority.close();
    assertEquals(Authority.Blame.AUTHORITY, failure(answer.get(30, TimeUnit.SECONDS)).blame());
  }
}
