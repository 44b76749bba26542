// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.config.Limits;
import dev.rsp.config.Timeouts;
import dev.rsp.exchange.Terms;
import dev.rsp.net.Deadline;
import dev.rsp.net.DeadlineWheel;

/**
 * The timeouts and rates of a {@link TimedClient}, on its loop: what is awaited from which side,
 * since when, and whether bytes pass fast enough meanwhile.
 *
 * <p>There is one {@link Deadline}. While bytes pass, only the time at which the wait expires is
 * written; the deadline checks it from time to time, and measures rates.
 */
public final class ClientTimer {
  /**
   * The interval of checks, since no event reports that a peer takes bytes from the kernel. Also
   * the time over which a rate is measured, as Kestrel's grace period.
   */
  private static final int LOOK_MILLIS = 5_000;

  /**
   * A new connection does not give way before this time: its request may be on the way, and most
   * clients do not repeat one that gets no answer on a new connection.
   */
  private static final int FIRST_REQUEST_MILLIS = 1_000;

  /** How often 102 and 103 can give the backend its time for a response: an hour by default. */
  private static final int MOST_RESPONSE_WAITS = 60;

  /** What is awaited. */
  private enum Wait {
    /** The rest of a request's head: in total. */
    HEAD,
    /** The next request. */
    REQUEST,
    /** The next bytes of a request's body. */
    BODY,
    /** 100 (Continue) from the backend (RFC 9110 §10.1.1), or its response: in total. */
    CONTINUE,
    /** The head of the response: in total, from the end of the request. */
    RESPONSE,
    /** The next bytes of the response, from the backend or by the client. */
    MORE,
    /** The next bytes of a tunnel, in either direction. */
    TUNNEL,
    /** That the client takes the last answer of this client. */
    TAKEN,
    /** That the client closes, after an answer before the end of its request: in total. */
    CLOSE
  }

  private final DeadlineWheel deadlines;
  private final TimedClient client;
  private final Deadline deadline;

  /** Of the current exchange, or of the last. */
  private Timeouts timeouts = Timeouts.DEFAULTS;

  private Limits limits = Limits.DEFAULTS;

  private Wait wait = Wait.HEAD;

  /** Whether the client waits for 100 (Continue) before it sends its body. */
  private boolean expectsContinue;

  /** Until when 102 and 103 put off the end of the wait for a response; 0 before the first. */
  private long progressUntil;

  private int patienceMillis;
  private long overAt;
  private long takenAtLook;

  /** When a linger ends, even if the client still takes bytes. */
  private long lingerUntil;

  private final Pace bodyPace = new Pace();
  private final Pace responsePace = new Pace();
  private long bodyBytes;

  /** The timer of a client, which awaits nothing yet. */
  public ClientTimer(DeadlineWheel deadlines, TimedClient client) {
    this.deadlines = deadlines;
    this.client = client;
    this.deadline = new Deadline(this::look, client::failed);
  }

  /** A head is awaited, or has begun. */
  public void awaitHead(Terms current) {
    use(current);
    await(Wait.HEAD, timeouts.headMillis());
  }

  /** The next request is awaited. */
  public void awaitRequest(Terms current) {
    await(Wait.REQUEST, current.timeouts.keepaliveMillis());
    if (limits.responseRate() > 0) {
      responsePace.spoil();
    }
  }

  /**
   * Since when a request has been awaited, by the deadlines' time: since the last response, or
   * since the accept if that is a second ago. {@link ClientConnection#NOT_IDLE} if none is.
   */
  public long idleSinceMillis() {
    long since = overAt - patienceMillis;
    return switch (wait) {
      case REQUEST -> since;
      case HEAD ->
          deadlines.nowMillis() - since >= FIRST_REQUEST_MILLIS ? since : ClientConnection.NOT_IDLE;
      default -> ClientConnection.NOT_IDLE;
    };
  }

  /**
   * A request has begun.
   *
   * @param itsTerms hold until the next one
   * @param last whether the request is complete
   * @param expects whether the client waits for 100 (Continue) before it sends more
   */
  public void requestBegan(Terms itsTerms, boolean last, boolean expects) {
    use(itsTerms);
    progressUntil = 0;
    if (last) {
      await(Wait.RESPONSE, timeouts.responseMillis());
    } else {
      expectsContinue = expects;
      awaitBody();
    }
  }

  /** The rest of the request is awaited again. */
  public void awaitBody() {
    if (expectsContinue) {
      await(Wait.CONTINUE, timeouts.responseMillis());
    } else {
      await(Wait.BODY, bodyPatience(client.reading()));
      bodyPace.begin(deadlines.nowMillis(), bodyPassed());
    }
  }

  /** The backend has sent 100 (Continue). */
  public void continued() {
    expectsContinue = false;
    if (wait == Wait.CONTINUE) {
      awaitBody();
    }
  }

  /**
   * Bytes of the body came, and were passed on.
   *
   * @param responding whether the response has begun
   */
  public void bodyCame(int bytes, boolean responding) {
    continued();
    bodyBytes += bytes;
    if (wait == Wait.BODY) {
      restart(bodyPatience(client.reading()));
    } else if (responding) {
      moved();
    }
  }

  /**
   * Reading of the client was resumed, or paused because the backend takes no more.
   *
   * @param owesBody whether the client has more of its request to send
   */
  public void readingChanged(boolean reading, boolean owesBody) {
    if (wait == Wait.BODY) {
      restart(bodyPatience(reading));
    } else if (mayBeLate(owesBody)) {
      restart(responsePatience(owesBody));
    }
    bodyPace.spoil();
  }

  /** While the backend takes no more, the client is not read, and is not to blame. */
  private int bodyPatience(boolean reading) {
    return reading ? timeouts.bodyMillis() : timeouts.idleMillis();
  }

  /** Each side may be slow, but both may not be silent while the client owes bytes. */
  private int responsePatience(boolean owesBody) {
    return isLate(owesBody)
        ? Math.min(timeouts.bodyMillis(), timeouts.idleMillis())
        : timeouts.idleMillis();
  }

  /** Whether the response has begun, and the client is read and has more of its request to send. */
  private boolean isLate(boolean owesBody) {
    return mayBeLate(owesBody) && client.reading();
  }

  /**
   * RFC 9110 §10.1.1: a client that waits for 100 (Continue) and gets a final response instead
   * sends no body.
   */
  private boolean mayBeLate(boolean owesBody) {
    return owesBody && wait == Wait.MORE && !expectsContinue;
  }

  /** The request is complete, and the response has not begun. */
  public void awaitResponse() {
    await(Wait.RESPONSE, timeouts.responseMillis());
  }

  /**
   * The backend has sent 102 (Processing) or 103 (Early Hints): it works on the request (RFC 2518
   * §10.1), so its time for the response starts again, up to {@link #MOST_RESPONSE_WAITS} times
   * that time after the first of them.
   */
  public void backendProgresses() {
    if (wait != Wait.RESPONSE && wait != Wait.CONTINUE) {
      return;
    }
    long now = deadlines.nowMillis();
    if (progressUntil == 0) {
      progressUntil = now + (long) MOST_RESPONSE_WAITS * timeouts.responseMillis();
    }
    int left = (int) Math.min(timeouts.responseMillis(), progressUntil - now);
    if (left > 0) {
      restart(left);
    }
  }

  /** Bytes of the response were received or sent. */
  public void moved() {
    if (wait != Wait.MORE) {
      wait = Wait.MORE;
      responsePace.spoil();
      bodyPace.spoil();
    }
    restart(responsePatience(client.owesBody()));
  }

  /** Bytes of a tunnel were received or sent. */
  public void movedInTunnel() {
    await(Wait.TUNNEL, timeouts.tunnelMillis());
  }

  /** The client takes bytes fast enough: the wait is not its fault. */
  public void clientKeepsUp() {
    if (wait == Wait.MORE) {
      responsePace.spoil();
    }
  }

  /**
   * The last answer is written, and the client has to take it; {@code responseTaken} bytes so far.
   */
  public void awaitTaken(long responseTaken) {
    await(Wait.TAKEN, timeouts.idleMillis());
    responsePace.begin(deadlines.nowMillis(), responseTaken);
  }

  /** The client is given time to read the last answer before the connection is closed. */
  public void awaitClose() {
    await(Wait.CLOSE, timeouts.lingerMillis());
    lingerUntil = overAt + timeouts.idleMillis();
  }

  /** Ends the timer. */
  public void stop() {
    deadlines.disarm(deadline);
  }

  private void restart(int millis) {
    await(wait, millis);
  }

  private void use(Terms terms) {
    timeouts = terms.timeouts;
    limits = terms.limits;
  }

  private void await(Wait what, int millis) {
    wait = what;
    patienceMillis = millis;
    overAt = deadlines.armAtLatest(deadline, lookMillis(), millis);
  }

  /** Time to the next check: there are checks before the end only where bytes may pass unseen. */
  private int lookMillis() {
    return wait == Wait.HEAD || wait == Wait.REQUEST
        ? patienceMillis
        : Math.min(patienceMillis, LOOK_MILLIS);
  }

  private void look() {
    if (client.closedOrGone()) {
      return;
    }
    long now = deadlines.nowMillis();
    if (stillTaking() && mayExtend(now)) {
      overAt = deadlines.millisAfter(patienceMillis);
    }
    if (sendsTooSlowly(now)) {
      client.sendsTooSlowly();
    } else if (takesTooSlowly(now)) {
      client.takesTooSlowly();
    } else if (now >= overAt) {
      over();
    } else {
      int left = (int) Math.min(overAt - now - DeadlineWheel.TICK_MILLIS, lookMillis());
      deadlines.arm(deadline, Math.max(0, left));
    }
  }

  /** Whether a slow peer has taken bytes since the last check, and has more to take. */
  private boolean stillTaking() {
    long taken = client.taken();
    boolean took = taken != takenAtLook && client.unsentBytes() > 0;
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
      case HEAD -> client.headTimedOut();
      case BODY -> client.bodyTimedOut();
      case CONTINUE, RESPONSE -> client.responseTimedOut();
      case MORE -> client.responseStalled(bodyIsLate());
      case REQUEST, TUNNEL, TAKEN, CLOSE -> client.close();
    }
  }

  /** Whether the client's silence, and not the backend's, used up the time. */
  private boolean bodyIsLate() {
    return isLate(client.owesBody()) && timeouts.bodyMillis() <= timeouts.idleMillis();
  }

  // Rates ----------------------------------------------------------------------------------------

  /**
   * Bytes of the body so far. Once the response has begun, the bytes that the client takes of it
   * count as well: it may wait for that answer, or may not send the rest any more.
   */
  private long bodyPassed() {
    return wait == Wait.BODY ? bodyBytes : bodyBytes + client.responseTaken();
  }

  private boolean sendsTooSlowly(long now) {
    boolean awaited = wait == Wait.BODY || mayBeLate(client.owesBody());
    return awaited
        && bodyPace.tooSlow(now, bodyPassed(), limits.bodyRate(), lookMillis(), client.reading());
  }

  private boolean takesTooSlowly(long now) {
    boolean clientHoldsUp;
    switch (wait) {
      case MORE -> clientHoldsUp = client.full();
      case REQUEST, TAKEN -> clientHoldsUp = client.unsentBytes() > 0;
      default -> {
        return false;
      }
    }
    return responsePace.tooSlow(
        now, client.responseTaken(), limits.responseRate(), lookMillis(), clientHoldsUp);
  }
}
