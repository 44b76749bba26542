// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.lua.ShownSlot;
import org.jspecify.annotations.Nullable;

/**
 * A place in the list of backends. Its name is its identity; its address may change and moves no
 * host.
 *
 * @param index from 1
 * @param place where it answers; null only for a spare whose machine is still to come
 * @param weight its share in weighted hashes, from 0 to {@value #MAX_WEIGHT}; 0 gets no host
 * @param state whether it takes requests
 */
public record Slot(int index, String name, @Nullable Place place, int weight, State state) {
  /** HAProxy's range. */
  public static final int MAX_WEIGHT = 256;

  /** Whether a slot takes requests. None of them changes how many slots there are. */
  public enum State {
    /** It takes requests. */
    UP("up"),
    /** It takes no new ones while any other slot is up; those in flight finish. */
    DRAIN("drain"),
    /** It is never contacted. */
    DOWN("down"),
    /** It keeps a place for a machine to come; if it has an address, it is a last resort. */
    SPARE("spare");

    private final String text;

    State(String text) {
      this.text = text;
    }

    /** As the configuration file writes it. */
    public String text() {
      return text;
    }

    /** The state of that text; null if there is none. */
    static @Nullable State of(String text) {
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
      throw new IllegalArgumentException("place: none (expected: one, unless it is a spare)");
    }
  }

  /** One that is up, of weight 1. */
  public Slot(int index, String name, Place place) {
    this(index, name, place, 1, State.UP);
  }

  /** The same in another state. */
  public Slot with(State other) {
    return new Slot(index, name, place, weight, other);
  }

  /** What a script sees of it. */
  ShownSlot shown() {
    return new ShownSlot(index, name, place == null ? null : place.text(), weight, state.text());
  }

  /**
   * Whether it takes the same hosts as another one, if no script chooses: by the default hash, and
   * by its weight in the place of slots that are not up. Its address plays no part.
   */
  boolean takesHostsAs(Slot other) {
    return index == other.index
        && name.equals(other.name)
        && weight == other.weight
        && state == other.state
        && (place == null) == (other.place == null);
  }

  /** Whether it takes requests as a matter of course. */
  public boolean isUp() {
    return state == State.UP;
  }

  /** Whether it may be contacted when no slot is up. */
  public boolean isLastResort() {
    return place != null && (state == State.DRAIN || state == State.SPARE);
  }
}
