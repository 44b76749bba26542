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

  private final ProxyLoop loop;
  private final ClientConnection connection;
  private final Deadline deadline;

  private ClientWait wait = ClientWait.HEAD;

  /** Whether the client has yet to be told to send its body. */
  private boolean expectsContinue;

  private int patienceMillis;
  private long overAt;
  private long takenAtLook;

  /** The end of the time for which a client may linger, even if it still takes bytes. */
  private long lingerUntil;

  private final Pace bodyPace = new Pace();
  private final Pace answerPace = new Pace();
  private long bodyBytes;

  ClientClock(ProxyLoop loop, ClientConnection connection) {
    this.loop = loop;
    this.connection = connection;
    this.deadline = new Deadline(this::look, connection::failed);
  }

  /** A head is awaited, or has begun. */
  void awaitHead() {
    await(ClientWait.HEAD, loop.service().terms.timeouts.headMillis());
  }

  /** The next request is awaited. */
  void awaitRequest() {
    await(ClientWait.REQUEST, loop.service().terms.timeouts.keepaliveMillis());
    answerPace.spoil();
  }

  /**
   * A request's body is awaited.
   *
   * @param expects whether the client waits for the backend's word before it sends any
   */
  void awaitBody(boolean expects) {
    expectsContinue = expects;
    awaitBody();
  }

  /** The rest of the request is awaited, after something else was. */
  void awaitBody() {
    if (expectsContinue) {
      await(ClientWait.CONTINUE, timeouts().responseMillis());
    } else {
      await(ClientWait.BODY, bodyPatience());
      bodyPace.begin(loop.deadlines.nowMillis(), bodyPassed());
    }
  }

  /** The backend has said that it wants the body. */
  void continued() {
    expectsContinue = false;
    if (wait == ClientWait.CONTINUE) {
      awaitBody();
    }
  }

  /** Bytes of the body came, and were passed on. */
  void bodyCame(int bytes) {
    continued();
    bodyBytes += bytes;
    if (wait == ClientWait.BODY) {
      restart(bodyPatience());
    } else if (connection.answer.begun()) {
      moved();
    }
  }

  /** The client is read again, or not for now because the backend takes no more. */
  void readingChanged() {
    if (wait == ClientWait.BODY) {
      restart(bodyPatience());
    } else if (mayOweBody()) {
      restart(answerPatience());
    }
    bodyPace.spoil();
  }

  /** The client is held back as long as the backend takes no more; that is not its time. */
  private int bodyPatience() {
    return connection.reading() ? timeouts().bodyMillis() : timeouts().idleMillis();
  }

  /**
   * Both sides may go on at their own pace, but not be silent together if it is the client's turn.
   */
  private int answerPatience() {
    return owesBody()
        ? Math.min(timeouts().bodyMillis(), timeouts().idleMillis())
        : timeouts().idleMillis();
  }

  /**
   * Whether the response has begun and the client, which is read, has more of its request to send.
   */
  private boolean owesBody() {
    return mayOweBody() && connection.reading();
  }

  /**
   * RFC 9110 §10.1.1: a client that waits for the word to send its body, and gets a final answer in
   * its place, is to send none.
   */
  private boolean mayOweBody() {
    return wait == ClientWait.MORE && connection.state == ClientState.BODY && !expectsContinue;
  }

  /** The request has gone out whole: if the backend has not answered yet, that is awaited. */
  void awaitResponse() {
    if (connection.answer.begun()) {
      moved();
    } else {
      await(ClientWait.RESPONSE, timeouts().responseMillis());
    }
  }

  /** Bytes of the response, or of a tunnel, came or went. */
  void moved() {
    if (connection.state == ClientState.TUNNEL) {
      await(ClientWait.TUNNEL, timeouts().tunnelMillis());
    } else {
      if (wait != ClientWait.MORE) {
        wait = ClientWait.MORE;
        answerPace.spoil();
        bodyPace.spoil();
      }
      restart(answerPatience());
    }
  }

  /** The client has taken so much that it is not what holds things up. */
  void clientKeepsUp() {
    if (wait == ClientWait.MORE) {
      answerPace.spoil();
    }
  }

  /** The last answer is written; the client is to take it. */
  void awaitTaken() {
    await(ClientWait.TAKEN, timeouts().idleMillis());
    answerPace.begin(loop.deadlines.nowMillis(), connection.answer.taken());
  }

  /** The client is given time to read the last answer before it is closed upon. */
  void awaitClose() {
    int lingerMillis = timeouts().lingerMillis();
    await(ClientWait.CLOSE, lingerMillis);
    lingerUntil = overAt + timeouts().idleMillis();
  }

  void stop() {
    loop.deadlines.disarm(deadline);
  }

  private Timeouts timeouts() {
    return connection.exchange.terms().timeouts;
  }

  private void await(ClientWait what, int millis) {
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
    return wait == ClientWait.HEAD || wait == ClientWait.REQUEST
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
    if (sendsTooSlowly(now)) {
      connection.end.sendsTooSlowly();
    } else if (takesTooSlowly(now)) {
      connection.end.takesTooSlowly();
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
      case MORE -> connection.end.responseStalled(bodyIsLate());
      case REQUEST, TUNNEL, TAKEN, CLOSE -> connection.close();
    }
  }

  /** Whether it is for the client's silence, and not the backend's, that the time is over. */
  private boolean bodyIsLate() {
    return owesBody() && timeouts().bodyMillis() <= timeouts().idleMillis();
  }

  // Rates ---------------------------------------------------------------------------------------

  /**
   * What came of the body. Once the response has begun, what the client takes of it counts as well:
   * it may wait for an answer to what it has sent, or have lost interest in sending the rest.
   */
  private long bodyPassed() {
    return wait == ClientWait.BODY ? bodyBytes : bodyBytes + connection.answer.taken();
  }

  private boolean sendsTooSlowly(long now) {
    boolean awaited = wait == ClientWait.BODY || mayOweBody();
    return awaited
        && bodyPace.tooSlow(
            now, bodyPassed(), limits().bodyRate(), lookMillis(), connection.reading());
  }

  private boolean takesTooSlowly(long now) {
    boolean clientHoldsUp;
    switch (wait) {
      case MORE -> clientHoldsUp = !connection.answer.writable();
      case REQUEST, TAKEN -> clientHoldsUp = connection.unsent() > 0;
      default -> {
        return false;
      }
    }
    return answerPace.tooSlow(
        now, connection.answer.taken(), limits().responseRate(), lookMillis(), clientHoldsUp);
  }

  private Limits limits() {
    return connection.exchange.terms().limits;
  }
}
