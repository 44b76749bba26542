// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.http.Refusal;
import dev.rsp.lua.HashCall;
import dev.rsp.lua.HostFromPath;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes, and why. Immutable; it holds nothing of the request itself.
 *
 * @param host the canonical host that was decided by
 * @param fromPath the rule that took it from the path; null if the request was sent to it
 * @param source who decided
 * @param where {@code file:line} of a script that decided; else empty
 * @param hash the hash that was taken: the default's, or the last one that the script asked for
 * @param n how many slots there are, whatever their states
 * @param chosen the slot that was named first, whether or not it takes requests; null if none was
 * @param passedOver slots that were named, or were the hash's, and are not up
 * @param targets where it goes, in order; empty if it is refused
 * @param pure whether the decision holds for every request with that host
 * @param refusal why it goes nowhere; null if it goes somewhere
 * @param error what a script did wrong, with {@code file:line}, for the log; null if nothing
 * @param route the same as the proxy takes it
 */
public record Decision(
    String host,
    @Nullable HostFromPath fromPath,
    Source source,
    String where,
    @Nullable HashCall hash,
    int n,
    @Nullable Slot chosen,
    List<Slot> passedOver,
    List<Target> targets,
    boolean pure,
    @Nullable Refusal refusal,
    @Nullable String error,
    Route route) {
  public Decision {
    passedOver = List.copyOf(passedOver);
    targets = List.copyOf(targets);
  }

  /** Who decides. */
  public enum Source {
    /** The hash of the host. */
    DEFAULT("default"),
    /** The file's {@code select}. */
    SELECT("select"),
    /** The file's {@code on_failure}. */
    ON_FAILURE("on_failure"),
    /** A path whose host is invalid: nobody was asked. */
    NOBODY("host_from_path");

    private final String text;

    Source(String text) {
      this.text = text;
    }

    /** As it is shown to operators. */
    public String text() {
      return text;
    }
  }

  /**
   * A place to try.
   *
   * @param slot null for a place outside the list
   */
  public record Target(@Nullable Slot slot, Place place) {
    /** The slot's name, or the address of a place outside the list. */
    public String name() {
      return slot == null ? place.text() : slot.name();
    }
  }

  /** Whether the request goes somewhere. */
  public boolean accepted() {
    return refusal == null;
  }

  /** Where it goes first; null if it is refused. */
  public @Nullable Target target() {
    return targets.isEmpty() ? null : targets.get(0);
  }

  /** The slot that it goes to first; null if it is refused or goes outside the list. */
  public @Nullable Slot slot() {
    return targets.isEmpty() ? null : targets.get(0).slot();
  }

  /** Where it goes, in order, if no connection can be made to the first. */
  public List<Target> failover() {
    return targets.isEmpty() ? List.of() : targets.subList(1, targets.size());
  }

  /**
   * The rule that fired: {@code default}, {@code select backends.lua:12}, or {@code host_from_path
   * backends.lua:3} and then, behind a comma, what decided about the host in the path.
   */
  public String rule() {
    String decided = where.isEmpty() ? source.text() : source.text() + " " + where;
    if (fromPath == null) {
      return decided;
    }
    String path = Source.NOBODY.text() + " " + fromPath.where();
    return source == Source.NOBODY ? path : path + ", " + decided;
  }
}
