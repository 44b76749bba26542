// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Limits;
import dev.rsp.config.Timeouts;

/**
 * How long a client's connection may stay as it is: what is awaited from whom, since when, and
 * whether bytes come and go fast enough meanwhile.
 *
 * <p>There is one {@link Deadline}. While bytes pass, only the time at which the silence is over is
 * written anew; the deadline looks from time to time whether it is, and measures rates.
 */
final class ClientClock {
  /**
   * What may move unseen is looked at this often: a peer that takes bytes from the kernel tells
   * nobody. Also the time over which a rate is measured, and Kestrel's grace for its own.
   */
  private static final int LOOK_MILLIS = 5_000;

  /** What is awaited. */
  private enum Wait {
    /** The rest of a request's head: in all. */
    HEAD,
    /** The next request. */
    REQUEST,
    /** The next bytes of a request's body. */
    BODY,
    /** The backend's word that it wants the body (RFC 9110 §10.1.1), or its answer: in all. */
    CONTINUE,
    /** The head of the response: in all, from the end of the request. */
    RESPONSE,
    /** The next bytes of the response, or that the client takes some. */
    MORE,
    /** The next bytes of a tunnel, either way. */
    TUNNEL,
    /** That the client takes the last answer of this connection. */
    TAKEN,
    /** That the client closes, after an answer that came before it was done sending: in all. */
    CLOSE
  }

  private final ProxyLoop loop;
  private final ClientConnection connection;
  private final Deadline deadline = new Deadline(this::look);

  private Wait wait = Wait.HEAD;
  private int patienceMillis;
  private long overAt;
  private long takenAtLook;

  /** The end of the time for which a client may linger, even if it still takes bytes. */
  private long lingerUntil;

  // The span over which the rate is measured: it counts only if the client alone held things up.
  private long spanStart;
  private long bytesAtSpanStart;
  private boolean spanCounts;
  private long bodyBytes;

  ClientClock(ProxyLoop loop, ClientConnection connection) {
    this.loop = loop;
    this.connection = connection;
  }

  /** A head is awaited, or has begun. */
  void awaitHead() {
    await(Wait.HEAD, loop.service().terms.timeouts.headMillis());
  }

  /** The next request is awaited. */
  void awaitRequest() {
    await(Wait.REQUEST, loop.service().terms.timeouts.keepaliveMillis());
    spanCounts = false;
  }

  /**
   * A request's body is awaited.
   *
   * @param expectsContinue whether the client waits for the backend's word before it sends any
   */
  void awaitBody(boolean expectsContinue) {
    if (expectsContinue) {
      await(Wait.CONTINUE, timeouts().responseMillis());
    } else {
      await(Wait.BODY, timeouts().bodyMillis());
      startSpan();
    }
  }

  /** The backend has said that it wants the body. */
  void continued() {
    if (wait == Wait.CONTINUE) {
      awaitBody(false);
    }
  }

  /** Bytes of the body came, and were passed on. */
  void bodyCame(int bytes) {
    if (wait == Wait.CONTINUE) {
      awaitBody(false);
    }
    bodyBytes += bytes;
    if (wait == Wait.BODY) {
      restart(connection.reading() ? timeouts().bodyMillis() : timeouts().idleMillis());
    } else {
      moved();
    }
  }

  /** The client is read again, or not for now because the backend takes no more. */
  void readingChanged(boolean reading) {
    if (wait == Wait.BODY) {
      restart(reading ? timeouts().bodyMillis() : timeouts().idleMillis());
      spanCounts = false;
    }
  }

  /** The request has gone out whole: if the backend has not answered yet, that is awaited. */
  void awaitResponse() {
    if (connection.answer.begun()) {
      moved();
    } else {
      await(Wait.RESPONSE, timeouts().responseMillis());
    }
  }

  /** Bytes of the response, or of a tunnel, came or went. */
  void moved() {
    if (connection.state == ClientState.TUNNEL) {
      await(Wait.TUNNEL, timeouts().tunnelMillis());
    } else {
      spanCounts &= wait == Wait.MORE;
      await(Wait.MORE, timeouts().idleMillis());
    }
  }

  /** The client has taken so much that it is not what holds things up. */
  void clientKeepsUp() {
    if (wait == Wait.MORE) {
      spanCounts = false;
    }
  }

  /** The last answer is written; the client is to take it. */
  void awaitTaken() {
    await(Wait.TAKEN, timeouts().idleMillis());
    startSpan();
  }

  /** The client is given time to read the last answer before it is closed upon. */
  void awaitClose() {
    int lingerMillis = timeouts().lingerMillis();
    await(Wait.CLOSE, lingerMillis);
    lingerUntil = overAt + timeouts().idleMillis();
  }

  void stop() {
    loop.deadlines.disarm(deadline);
  }

  private Timeouts timeouts() {
    return connection.exchange.terms().timeouts;
  }

  private void await(Wait what, int millis) {
    wait = what;
    restart(millis);
  }

  private void restart(int millis) {
    patienceMillis = millis;
    overAt = loop.deadlines.millisAfter(millis);
    loop.deadlines.armAtLatest(deadline, lookMillis());
  }

  /** Until the next look: only where something may move unseen there is one before the end. */
  private int lookMillis() {
    return wait == Wait.HEAD || wait == Wait.REQUEST
        ? patienceMillis
        : Math.min(patienceMillis, LOOK_MILLIS);
  }

  private void look() {
    connection.closeIfGone();
    if (connection.state == ClientState.CLOSED) {
      return;
    }
    long now = loop.deadlines.nowMillis();
    if (stillTaking() && mayExtend(now)) {
      overAt = loop.deadlines.millisAfter(patienceMillis);
    }
    if (tooSlow(now)) {
      connection.end.tooSlow();
    } else if (now >= overAt) {
      over();
    } else {
      int left = (int) Math.min(overAt - now - DeadlineWheel.TICK_MILLIS, lookMillis());
      loop.deadlines.arm(deadline, Math.max(0, left));
    }
  }

  /** Whether a slow peer has taken something since the last look, and has more to take. */
  private boolean stillTaking() {
    long taken = connection.taken();
    boolean took = taken != takenAtLook && connection.unsent() > 0;
    takenAtLook = taken;
    return took;
  }

  private boolean mayExtend(long now) {
    return switch (wait) {
      case HEAD, CONTINUE -> false;
      case CLOSE -> now < lingerUntil;
      case REQUEST, BODY, RESPONSE, MORE, TUNNEL, TAKEN -> true;
    };
  }

  private void over() {
    switch (wait) {
      case HEAD -> connection.end.headTimedOut();
      case BODY -> connection.end.bodyTimedOut();
      case CONTINUE, RESPONSE -> connection.end.responseTimedOut();
      case MORE -> connection.end.responseStalled();
      case REQUEST, TUNNEL, TAKEN, CLOSE -> connection.close();
    }
  }

  // Rates ---------------------------------------------------------------------------------------

  private void startSpan() {
    spanStart = loop.deadlines.nowMillis();
    bytesAtSpanStart = bytes();
    spanCounts = true;
  }

  private long bytes() {
    return wait == Wait.BODY ? bodyBytes : connection.answer.taken();
  }

  /** Whether less came, or went, since the last span than has to. Begins the next one. */
  private boolean tooSlow(long now) {
    Limits limits = connection.exchange.terms().limits;
    long rate;
    boolean clientHoldsUp;
    switch (wait) {
      case BODY -> {
        rate = limits.bodyRate();
        clientHoldsUp = connection.reading();
      }
      case MORE -> {
        rate = limits.responseRate();
        clientHoldsUp = !connection.answer.writable();
      }
      case REQUEST, TAKEN -> {
        rate = limits.responseRate();
        clientHoldsUp = connection.unsent() > 0;
      }
      default -> {
        return false;
      }
    }
    long spanMillis = now - spanStart;
    if (rate == 0 || spanMillis < lookMillis()) {
      return false;
    }
    boolean slow =
        spanCounts && clientHoldsUp && (bytes() - bytesAtSpanStart) * 1000 < rate * spanMillis;
    startSpan();
    spanCounts = clientHoldsUp;
    return slow;
  }
}
