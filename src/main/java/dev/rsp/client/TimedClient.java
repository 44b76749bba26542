// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

/**
 * What a {@link ClientTimer} watches: a client's connection with one exchange at a time, or one
 * stream of many. The timer asks how far the bytes have come, and says whose time is over. All
 * methods run on the loop.
 */
public interface TimedClient {
  /** Whether the client is read. */
  boolean reading();

  /** A number that changes whenever either side has taken something. */
  long taken();

  /** Bytes of responses that the client has taken. */
  long responseTaken();

  /** Bytes sent on, in both directions, that have not been taken yet. */
  long unsentBytes();

  /** Whether the client takes no more of the response for now. */
  boolean full();

  /** Whether the client has more of its request to send. */
  boolean owesBody();

  /** Whether it has ended. A connection whose end was not reported is closed now. */
  boolean closedOrGone();

  /** The head did not become complete in time, or none came at all. */
  void headTimedOut();

  /** No more of the body came, or the backend takes no more of it. */
  void bodyTimedOut();

  /** The backend did not begin to answer in time. */
  void responseTimedOut();

  /**
   * No more of the response came, or the client takes no more of it.
   *
   * @param bodyIsLate whether the client owed more of its request
   */
  void responseStalled(boolean bodyIsLate);

  /** The request comes below the minimal rate. */
  void sendsTooSlowly();

  /** The client takes the response below the minimal rate. */
  void takesTooSlowly();

  /** Ends it at once: a wait that needs no answer is over. */
  void close();

  /** An unexpected exception: ends it, and logs that. */
  void failed(Throwable cause);
}
