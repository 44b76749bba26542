// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

/**
 * The properties of a request that determine a valid response.
 *
 * @param method as received; "" if it could not be parsed
 * @param http10 whether the client speaks HTTP/1.0
 * @param stays whether the client's version and options keep the connection open
 * @param offer the Upgrade field; "" if the client does not offer another protocol
 * @param trailers whether the client accepts trailer fields
 * @param sound whether it is a valid request; if not, only a refusal that closes the connection is
 *     valid
 */
public record Asked(
    String method, boolean http10, boolean stays, String offer, boolean trailers, boolean sound) {
  /** A plain HTTP/1.1 request. */
  public static Asked of(String method) {
    return new Asked(method, false, true, "", false, true);
  }

  /** An HTTP/1.0 request without keep-alive. */
  public static Asked of10(String method) {
    return new Asked(method, true, false, "", false, true);
  }
}
