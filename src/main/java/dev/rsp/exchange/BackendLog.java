// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.Place;
import dev.rsp.http.Refusal;
import dev.rsp.log.IoReason;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs how backends fail requests, and that they answer again. Any request may cause a line, so
 * {@link PlaceFailures} limits them for each place over all loops. One per loop; called on it.
 */
public final class BackendLog {
  private static final Logger log = LoggerFactory.getLogger(BackendLog.class);

  /** The system's error follows, in the messages of Netty's native transports. */
  private static final String NATIVE_ERROR = "failed with error(";

  private final EventLoop loop;
  private @Nullable Service service;

  // The last connect that failed, until it is known whether that is news.
  private @Nullable Place failedPlace;
  private String failedAddress = "";
  private String failedWhy = "";

  /** The log of a loop without a service. Any thread. */
  BackendLog(EventLoop loop) {
    this.loop = loop;
  }

  /** Uses the names of this service's slots from now on. */
  void serve(Service newer) {
    service = newer;
  }

  /**
   * A connect has failed. That may be no news, because a site is asleep, or because it is tried
   * again; otherwise {@link #unreachable} follows.
   *
   * @param address that was tried
   * @param cause null if it took too long
   */
  public void connectFailed(Place place, String address, @Nullable Throwable cause) {
    failedPlace = place;
    failedAddress = address;
    failedWhy = cause == null ? BackendFailure.CONNECT_TIMEOUT.text() : systemError(cause);
  }

  /** A place could not be reached, and not because its site is asleep. */
  void unreachable(Place place, ConnectFailure failure) {
    BackendFailure kind = failure.kind();
    if (place.equals(failedPlace)) {
      failed(place, kind, failedAddress, failedWhy);
    } else {
      failed(place, kind, addressOf(place), kind.text());
    }
  }

  /**
   * A place accepts no connection for now, and a request waits until it does. That is a failure
   * only if it waits in vain, so a backend that is restarted has one quiet line.
   */
  void waits(Place place, ConnectFailure failure) {
    long now = loop.ticker().nanoTime();
    if (service().loads.failures(place, now).waits(now)) {
      boolean known = place.equals(failedPlace);
      log.info(
          "backend awaited slot={} address={} tried={} reason={}: {}",
          slot(place),
          place,
          known ? failedAddress : addressOf(place),
          failure.kind().label(),
          known ? failedWhy : failure.kind().text());
    }
  }

  /** A place has its share of the requests in flight, and was not sent one more. */
  void overShare(Place place) {
    Loads loads = service().loads;
    failed(
        place,
        BackendFailure.OVER_SHARE,
        addressOf(place),
        "in_flight=" + loads.inFlight(place) + " total=" + loads.inFlight());
  }

  /** A backend did not serve a request that it was sent. */
  void failed(BackendStream stream, BackendFailure kind) {
    Throwable fault = stream.fault();
    failed(stream, kind, fault == null ? kind.text() : systemError(fault));
  }

  /** The same, because rsp refuses the response: names the option that would accept it. */
  void failed(BackendStream stream, BackendFailure kind, Refusal refusal) {
    String key = refusal.lenientKey();
    String why = refusal.why();
    failed(stream, kind, key == null ? why : why + " (lenient." + key + " would accept it)");
  }

  private void failed(BackendStream stream, BackendFailure kind, String why) {
    failed(stream.place(), kind, stream.address(), why);
  }

  private void failed(Place place, BackendFailure kind, String address, String why) {
    long now = loop.ticker().nanoTime();
    PlaceFailures failures = service().loads.failures(place, now);
    if (failures.failed(kind, address, why, now)) {
      log.warn(
          "backend failed slot={} address={} tried={} reason={}: {}",
          slot(place),
          place,
          address,
          kind.label(),
          why);
    }
    lookLater(place, failures, now);
  }

  /** A place that had failed has sent a complete response. */
  public void answered(Place place) {
    PlaceFailures failures = service().loads.knownFailures(place);
    if (failures != null && failures.failing()) {
      failures.answered();
      look(place, failures);
    }
  }

  /** Logs what is to be said of a place by now. */
  private void look(Place place, PlaceFailures failures) {
    long now = loop.ticker().nanoTime();
    String recovery = failures.recovery(now);
    String sum = recovery == null ? failures.sum(now) : null;
    if (sum != null) {
      log.warn(
          "backend still fails slot={} address={} tried={} {}: {}",
          slot(place),
          place,
          failures.tried(),
          sum,
          failures.last());
      recovery = failures.recovery(now);
    }
    if (recovery != null) {
      log.info("backend answers again slot={} address={} {}", slot(place), place, recovery);
    }
    lookLater(place, failures, now);
  }

  private void lookLater(Place place, PlaceFailures failures, long now) {
    long delay = failures.nextLook(now);
    if (delay >= 0) {
      try {
        loop.schedule(() -> look(place, failures), delay, TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException e) {
        log.debug("the loop has ended", e);
      }
    }
  }

  private Service service() {
    Service current = service;
    if (current == null) {
      throw new IllegalStateException("no service yet");
    }
    return current;
  }

  /** The name of a place's slot; "-" if only a script names it. */
  private String slot(Place place) {
    return service().slotNames.getOrDefault(place, "-");
  }

  /** The address that a connect to a place would try now. */
  private static String addressOf(Place place) {
    InetSocketAddress address = place.address();
    return address == null ? place.text() : text(address);
  }

  /** An address as {@code 10.0.0.7:80} or {@code [fe80::1]:80}. */
  public static String text(InetSocketAddress address) {
    String ip = address.getAddress() == null ? address.getHostString() : ip(address);
    return (ip.indexOf(':') < 0 ? ip : "[" + ip + "]") + ":" + address.getPort();
  }

  private static String ip(InetSocketAddress address) {
    return address.getAddress().getHostAddress();
  }

  /** The system's error, without what Java and Netty add: the call and the address. */
  static String systemError(Throwable fault) {
    Throwable cause = fault;
    for (int i = 0; cause.getCause() != null && i < 8; i++) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    if (message == null) {
      return cause instanceof IOException io ? IoReason.of(io) : cause.toString();
    }
    int error = message.indexOf(NATIVE_ERROR);
    int text = error < 0 ? -1 : message.indexOf("): ", error);
    return text < 0 ? message : message.substring(text + 3);
  }
}
