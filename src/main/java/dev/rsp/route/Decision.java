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
 * Where a request goes, and why. Immutable; without references to the request.
 *
 * @param host the canonical host that the decision is based on
 * @param fromPath the rule that took the host from the path; null if it is the request's own host
 * @param source what decided
 * @param where {@code file:line} of the script's function that decided; else empty
 * @param hash the hash: the default hash, or the last one that the script computed
 * @param n number of slots in any state
 * @param chosen the slot that was named first, in any state; null if none was
 * @param passedOver slots that were named or hashed to and are not up
 * @param targets the targets in order; empty if it is refused
 * @param pure whether the decision is valid for every request with that host
 * @param refusal the refusal; null if it is not refused
 * @param error the script's error, with {@code file:line}, for the log; null if none
 * @param route the decision in the form that the proxy uses
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

  /** What made the decision. */
  public enum Source {
    /** The hash of the host. */
    DEFAULT("default"),
    /** The file's {@code select}. */
    SELECT("select"),
    /** The file's {@code on_failure}. */
    ON_FAILURE("on_failure"),
    /** A rule for paths: the host in the path is invalid. */
    HOST_FROM_PATH("host_from_path");

    private final String text;

    Source(String text) {
      this.text = text;
    }

    /** The name for operators. */
    public String text() {
      return text;
    }
  }

  /**
   * A backend to try.
   *
   * @param slot null for an address outside the list
   */
  public record Target(@Nullable Slot slot, Place place) {
    /** The slot's name, or an address outside the list. */
    public String name() {
      return slot == null ? place.text() : slot.name();
    }
  }

  /** Whether the request is not refused. */
  public boolean accepted() {
    return refusal == null;
  }

  /** The first target; null if it is refused. */
  public @Nullable Target target() {
    return targets.isEmpty() ? null : targets.get(0);
  }

  /** The first target's slot; null if the request is refused or goes outside the list. */
  public @Nullable Slot slot() {
    return targets.isEmpty() ? null : targets.get(0).slot();
  }

  /** The targets, in order, if no connection to the first can be made. */
  public List<Target> failover() {
    return targets.isEmpty() ? List.of() : targets.subList(1, targets.size());
  }

  /**
   * The rule that applied: {@code default}, {@code select backends.lua:12}, or {@code
   * host_from_path backends.lua:3}, followed by a comma and the rule that applied to the host in
   * the path.
   */
  public String rule() {
    String decided = where.isEmpty() ? source.text() : source.text() + " " + where;
    if (fromPath == null) {
      return decided;
    }
    String path = Source.HOST_FROM_PATH.text() + " " + fromPath.where();
    return source == Source.HOST_FROM_PATH ? path : path + ", " + decided;
  }
}
