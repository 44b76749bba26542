// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.rsp.http.h1.Heads;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which requests are those of an authority: RFC 8555 §8.3. */
@Timeout(20)
final class ChallengePathTest {
  private static final String PATH = "/.well-known/acme-challenge/";

  private static RequestHead head(String line) {
    return Heads.request(line + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "z",
        "A",
        "Z",
        "0",
        "9",
        "-",
        "_",
        "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"
      })
  void aTokenIsWrittenInBase64Url(String token) {
    assertEquals(token, ChallengePath.token(head("GET " + PATH + token)));
    assertEquals(token, ChallengePath.token(head("HEAD " + PATH + token)));
    assertEquals(token, ChallengePath.token(head("GET http://a.example" + PATH + token)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /",
        "GET /.well-known/acme-challenge/",
        "GET /.well-known/acme-challengf/token",
        "GET /.well-known/ACME-challenge/token",
        "GET http://a.example",
        "POST /.well-known/acme-challenge/token",
        "GET /.well-known/acme-challenge/token?x",
        "GET /.well-known/acme-challenge/to/ken",
        "GET /.well-known/acme-challenge/to.ken",
        "GET /.well-known/acme-challenge/to%2ken",
        "GET /.well-known/acme-challenge/to:ken",
        "GET /.well-known/acme-challenge/to@ken",
        "GET /.well-known/acme-challenge/to=ken",
        "GET /.well-known/acme-challenge/to~ken",
      })
  void otherRequestsAskForNone(String line) {
    assertNull(ChallengePath.token(head(line)));
  }

  @Test
  void aTokenHasABound() {
    assertEquals("t".repeat(256), ChallengePath.token(head("GET " + PATH + "t".repeat(256))));
    assertNull(ChallengePath.token(head("GET " + PATH + "t".repeat(257))));
  }

  @Test
  void onlyWhatRspGivesIsAnAnswer() {
    assertEquals(true, Refusal.answer("x").isAnswer());
    assertEquals(true, Refusal.redirect("https://a.example/").isAnswer());
    assertEquals(false, new Refusal(404, "x").isAnswer());
  }
}
