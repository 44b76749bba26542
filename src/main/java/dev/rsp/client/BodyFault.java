// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.exchange.Ending;
import dev.rsp.http.Refusal;

/**
 * Why a request's body is not passed on.
 *
 * @param refusal what the client gets if the response has not begun
 * @param ending how the exchange is counted
 */
public record BodyFault(Refusal refusal, Ending ending) {
  public static final BodyFault MALFORMED = of(400, "malformed request body", Ending.REFUSED);
  public static final BodyFault TOO_LARGE = of(413, "request body too large", Ending.LIMIT_BODY);
  public static final BodyFault CHUNK_EXT =
      of(400, "chunk extensions too large", Ending.LIMIT_CHUNK_EXT);
  public static final BodyFault TRAILER = of(431, "trailers too large", Ending.LIMIT_TRAILER);

  private static BodyFault of(int status, String why, Ending ending) {
    return new BodyFault(new Refusal(status, why), ending);
  }
}
