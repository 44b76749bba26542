// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class ChallengesTest {
  private final Challenges challenges = new Challenges();

  @Test
  void anOrderThatIsGivenUpDoesNotTakeAwayTheAnswerOfTheNextOne() {
    AlpnCredential before = challenges.addCertificate("a.example", "token.before");
    AlpnCredential next = challenges.addCertificate("a.example", "token.next");
    challenges.removeCertificate("a.example", before);
    assertEquals(next, challenges.certificate("a.example"));
    challenges.removeCertificate("a.example", next);
    assertNull(challenges.certificate("a.example"));
  }
}
