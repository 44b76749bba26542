// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

/**
 * What a response must know of its request.
 *
 * @param method as it was written; "" if that could not be read
 * @param http10 whether the client speaks HTTP/1.0
 * @param stays whether the client's version and options let the connection go on
 * @param offer the Upgrade field; "" if the client does not offer another protocol
 * @param trailers whether the client takes trailer fields
 * @param sound whether it is a request; if not, only a refusal that ends the connection is right
 */
public record Asked(
    String method, boolean http10, boolean stays, String offer, boolean trailers, boolean sound) {
  /** A plain HTTP/1.1 request. */
  public static Asked of(String method) {
    return new Asked(method, false, true, "", false, true);
  }

  /** An HTTP/1.0 request that asks for one response and the end. */
  public static Asked of10(String method) {
    return new Asked(method, true, false, "", false, true);
  }
}
