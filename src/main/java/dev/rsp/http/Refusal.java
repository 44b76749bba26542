// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/**
 * Why a message is not forwarded, and the status that the client is told.
 *
 * @param status 400 to 599; or 200, the answer to an OPTIONS request that ends here
 * @param why a short sentence without anything that a peer sent; it becomes the body of the answer
 * @param page whether a browser is shown a page that asks again by itself
 */
public record Refusal(int status, String why, boolean page) {
  /** One that is told in plain text. */
  public Refusal(int status, String why) {
    this(status, why, false);
  }

  /** The same, told by a page that asks again by itself. */
  public Refusal asPage() {
    return new Refusal(status, why, true);
  }
}
