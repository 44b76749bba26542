// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.lua.SlotView;
import org.jspecify.annotations.Nullable;

/**
 * An entry in the list of backends. Its name identifies it; a change of its address moves no hosts.
 *
 * @param index from 1
 * @param place its address; null only for a spare whose machine does not exist yet
 * @param weight its share in weighted hashes, from 0 to {@value #MAX_WEIGHT}; with 0 it gets no
 *     hosts
 * @param state whether it takes requests
 */
public record Slot(int index, String name, @Nullable Place place, int weight, State state) {
  /** HAProxy's maximum. */
  public static final int MAX_WEIGHT = 256;

  /** Whether a slot takes requests. The state does not change the number of slots. */
  public enum State {
    /** It takes requests. */
    UP("up"),
    /** It takes no new requests while any other slot is up; requests in flight finish. */
    DRAIN("drain"),
    /** It is never contacted. */
    DOWN("down"),
    /** It reserves a slot for a future machine; if it has an address, it is a last resort. */
    SPARE("spare");

    private final String text;

    State(String text) {
      this.text = text;
    }

    /** The state's name in a configuration file. */
    public String text() {
      return text;
    }

    /** The state with that name; null if there is none. */
    public static @Nullable State of(String text) {
      for (State state : values()) {
        if (state.text.equals(text)) {
          return state;
        }
      }
      return null;
    }
  }

  public Slot {
    if (index < 1) {
      throw new IllegalArgumentException("index: " + index + " (expected: >= 1)");
    }
    if (weight < 0 || weight > MAX_WEIGHT) {
      throw new IllegalArgumentException(
          "weight: " + weight + " (expected: 0 to " + MAX_WEIGHT + ")");
    }
    if (place == null && state != State.SPARE) {
      throw new IllegalArgumentException(
          "place: null (expected: an address, unless the state is spare)");
    }
  }

  /** A slot that is up and has weight 1. */
  public Slot(int index, String name, Place place) {
    this(index, name, place, 1, State.UP);
  }

  /** A copy in another state. */
  public Slot with(State other) {
    return new Slot(index, name, place, weight, other);
  }

  /** The view of this slot for scripts. */
  SlotView view() {
    return new SlotView(index, name, place == null ? null : place.text(), weight, state.text());
  }

  /**
   * Whether both slots get the same hosts if no script selects: by the default hash, and by weight
   * when other slots are not up. The addresses are not compared.
   */
  boolean getsHostsLike(Slot other) {
    return index == other.index
        && name.equals(other.name)
        && weight == other.weight
        && state == other.state
        && (place == null) == (other.place == null);
  }

  /** Whether it takes requests normally. */
  public boolean isUp() {
    return state == State.UP;
  }

  /** Whether it may be used when no slot is up. */
  public boolean isLastResort() {
    return place != null && place.isResolved() && (state == State.DRAIN || state == State.SPARE);
  }
}
