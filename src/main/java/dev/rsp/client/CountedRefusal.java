// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.exchange.Ending;
import dev.rsp.http.Refusal;

/**
 * What a client gets whose request is not served, and how the exchange is counted.
 *
 * @param refusal what the client gets if the response has not begun
 * @param ending how the exchange is counted
 */
public record CountedRefusal(Refusal refusal, Ending ending) {
  // Of connections.
  public static final CountedRefusal TOO_MANY =
      of(503, "too many connections", Ending.LIMIT_CONNECTIONS);
  public static final CountedRefusal TOO_MANY_OF_CLIENT =
      of(503, "too many connections from this address", Ending.LIMIT_CLIENT_CONNECTIONS);
  public static final CountedRefusal NO_MEMORY =
      of(503, "the proxy is short of memory", Ending.LIMIT_MEMORY);

  // Of heads.
  public static final CountedRefusal HEAD_TIMEOUT =
      of(408, "the request head took too long", Ending.HEAD_TIMEOUT);
  public static final CountedRefusal NO_HOST = of(400, "no Host field", Ending.REFUSED);
  public static final CountedRefusal LONG_HOST = of(400, "host too long", Ending.LIMIT_HOST);

  // Of bodies.
  public static final CountedRefusal BODY_MALFORMED =
      of(400, "malformed request body", Ending.REFUSED);
  public static final CountedRefusal BODY_TOO_LARGE =
      of(413, "request body too large", Ending.LIMIT_BODY);
  public static final CountedRefusal BODY_TIMEOUT =
      of(408, "the request body took too long", Ending.BODY_TIMEOUT);
  public static final CountedRefusal BODY_TOO_SLOW =
      of(408, "the request body came too slowly", Ending.LIMIT_BODY_RATE);
  public static final CountedRefusal CHUNK_EXT =
      of(400, "chunk extensions too large", Ending.LIMIT_CHUNK_EXT);
  public static final CountedRefusal TRAILER = of(431, "trailers too large", Ending.LIMIT_TRAILER);

  /** The backend did not answer, or take the body, in time. */
  public static final CountedRefusal BACKEND_TIMEOUT =
      of(504, "the backend took too long to answer", Ending.RESPONSE_TIMEOUT);

  private static CountedRefusal of(int status, String why, Ending ending) {
    return new CountedRefusal(new Refusal(status, why), ending);
  }

  /** Of a head that its parser refuses. */
  public static CountedRefusal ofHead(Refusal refusal) {
    Ending ending =
        switch (refusal.status()) {
          case 414 -> Ending.LIMIT_TARGET;
          case 431 -> Ending.LIMIT_HEAD;
          default -> Ending.REFUSED;
        };
    return new CountedRefusal(refusal, ending);
  }
}
