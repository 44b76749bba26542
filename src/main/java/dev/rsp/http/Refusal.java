// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import org.jspecify.annotations.Nullable;

/**
 * Why a message is not forwarded, and the status of the response that the client gets.
 *
 * @param status 400 to 599; or 200, an answer that rsp itself gives; or 308
 * @param why a short sentence without any text of a peer; it becomes the body of the response
 * @param page whether the response is an HTML page that reloads itself
 * @param lenientKey the key of {@code lenient} in the configuration that would accept the message;
 *     null if none would. For logs: the client does not get it
 * @param location where the client finds what it asked for, with 308; else null
 * @param exact whether {@code why} alone is the body, because a program reads it
 */
public record Refusal(
    int status,
    String why,
    boolean page,
    @Nullable String lenientKey,
    @Nullable String location,
    boolean exact) {
  /** A refusal whose response is plain text, and that no option lifts. */
  public Refusal(int status, String why) {
    this(status, why, false, null, null, false);
  }

  /** A redirect that keeps method and body: 308 (RFC 9110 §15.4.9). */
  public static Refusal redirect(String location) {
    return new Refusal(308, "this site is served over https", false, null, location, false);
  }

  /** An answer with 200 whose body is this text alone, in visible ASCII. */
  public static Refusal answer(String body) {
    return new Refusal(200, body, false, null, null, true);
  }

  /** Whether rsp gives what was asked for: no error of the client. */
  public boolean isAnswer() {
    return exact || location != null;
  }

  /** The same, with an HTML page that reloads itself as the response. */
  public Refusal asPage() {
    return new Refusal(status, why, true, lenientKey, location, exact);
  }

  /** The same, with the key that would accept the message; null if there is none. */
  public Refusal liftedBy(@Nullable String key) {
    return key == null ? this : new Refusal(status, why, page, key, location, exact);
  }
}
