// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/**
 * Why a message is not forwarded, and the status of the response that the client gets.
 *
 * @param status 400 to 599; or 200, the answer to an OPTIONS request for rsp itself
 * @param why a short sentence without any text of a peer; it becomes the body of the response
 * @param page whether the response is an HTML page that reloads itself
 */
public record Refusal(int status, String why, boolean page) {
  /** A refusal whose response is plain text. */
  public Refusal(int status, String why) {
    this(status, why, false);
  }

  /** The same, with an HTML page that reloads itself as the response. */
  public Refusal asPage() {
    return new Refusal(status, why, true);
  }
}
