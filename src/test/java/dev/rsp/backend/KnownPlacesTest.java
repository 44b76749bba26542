// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Place;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What loops learn of places, although a script may name a new one for each request. */
@Timeout(10)
final class KnownPlacesTest {
  private static Place place(int number) {
    return Place.unix("/run/" + number + ".sock");
  }

  @Test
  void ofTooManyTheFirstIsForgotten() {
    var places = new KnownPlaces<Integer>();
    for (int i = 0; i < 100_000; i++) {
      places.put(place(i), i);
    }
    assertEquals(1_024, places.size());
    assertEquals(99_999, places.get(place(99_999)));
    assertFalse(places.containsKey(place(0)));
  }

  @Test
  void aPlaceThatIsForgottenRefusesNoLonger() {
    var refusing = new RefusingPlaces();
    refusing.refused(place(0), 0);
    assertTrue(refusing.refusesFor(place(0), 1_000, 2_000));
    for (int i = 1; i <= 1_024; i++) {
      refusing.refused(place(i), 2_000);
    }
    assertFalse(refusing.refusesFor(place(0), 1_000, 2_000));
    assertTrue(refusing.refusesFor(place(1), 0, 2_000));
  }
}
