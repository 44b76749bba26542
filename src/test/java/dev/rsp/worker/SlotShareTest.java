// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import dev.rsp.config.Limits;
import dev.rsp.config.Place;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.Service;
import dev.rsp.exchange.SlotShare;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How many requests of how many places are let in, by the counts alone. */
@Timeout(60)
final class SlotShareTest {
  private final Loads loads = new Loads();
  private final List<Loads.Share> begun = new ArrayList<>();

  private static Place place(int number) {
    return Place.unix("/run/" + number + ".sock");
  }

  private static Limits limits(int connections, int share) throws Exception {
    String limits = "limits = {connections = %d, slot_share = %d}".formatted(connections, share);
    return EmbeddedRig.config(limits).limits();
  }

  private SlotShare share(int connections, int percent) throws Exception {
    return new SlotShare(loads, limits(connections, percent), false);
  }

  /** Begins a request for a place; what ends it. */
  private Loads.Share begin(Place place) {
    var load = loads.share(place);
    load.begin();
    begun.add(load);
    return load;
  }

  /**
   * Has requests for these places come in turns, with a connection each, none of which is answered.
   *
   * @return how many each place has in the end
   */
  private List<Integer> hang(SlotShare share, int connections, int places) {
    int[] inFlight = new int[places];
    for (int client = 0; client < connections * places; client++) {
      int at = client % places;
      if (begun.size() < connections && share.admits(place(at), begun.size() + 1)) {
        begin(place(at));
        inFlight[at]++;
      }
    }
    return IntStream.of(inFlight).boxed().toList();
  }

  @ParameterizedTest
  @CsvSource({
    "600, 50, 300",
    "20000, 50, 10000",
    "600, 75, 450",
    "600, 1, 6",
    "600, 99, 594",
    "600, 100, 600",
    "10, 50, 5",
    "3, 50, 2",
    "2, 50, 1",
    "1, 50, 1",
    "1, 1, 1"
  })
  void aPlaceThatHangsGetsItsShareOfAllConnections(int connections, int percent, int gets)
      throws Exception {
    assertEquals(List.of(gets), hang(share(connections, percent), connections, 1));
  }

  @Test
  void severalThatHangLeaveAsMuchAsOneOfThemHas() throws Exception {
    assertEquals(List.of(200, 200), hang(share(600, 50), 600, 2));
  }

  @Test
  void aTenthPlaceThatHangsLeavesRoomStill() throws Exception {
    List<Integer> inFlight = hang(share(1100, 50), 1100, 10);
    inFlight.forEach(each -> assertEquals(100, each, 1));
    assertTrue(loads.inFlight() <= 1005, "in flight: " + loads.inFlight());
  }

  @Test
  void whatAnotherPlaceHoldsNarrowsTheShareAndWhatItGivesBackWidensIt() throws Exception {
    SlotShare share = share(600, 50);
    hang(share, 600, 1);
    List<Loads.Share> others = new ArrayList<>();
    while (share.admits(place(9), begun.size() + 1)) {
      others.add(begin(place(9)));
    }
    assertEquals(150, others.size());
    begun.get(0).end();
    assertFalse(share.admits(place(0), 450));
    others.forEach(Loads.Share::close);
    assertTrue(share.admits(place(0), 300));
  }

  @Test
  void aPlaceMayAlwaysHaveOneRequest() throws Exception {
    for (int i = 0; i < 20; i++) {
      begin(place(0));
    }
    SlotShare share = share(10, 50); // after a reload that has made it less
    assertTrue(share.admits(place(1), 21));
    begin(place(1));
    assertFalse(share.admits(place(1), 22));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 10})
  void fewConnectionsNeedNoCountsBecauseTheseWouldAdmitThem(int connections) throws Exception {
    for (int percent = 1; percent < 100; percent++) {
      SlotShare share = share(connections, percent);
      for (int inFlight = 0; inFlight < connections; inFlight++) {
        // As many connections as requests is the case in which the counts are not looked at first.
        assertEquals(
            share.admits(place(0), connections + 1),
            share.admits(place(0), inFlight + 1),
            "share " + percent + ", in flight " + inFlight);
        begin(place(0));
      }
      begun.forEach(Loads.Share::close);
      begun.clear();
    }
  }

  @Test
  void aRefusedClientGivesItsConnectionBackWhenThreeQuartersAreUsed() throws Exception {
    SlotShare share = share(600, 50);
    assertFalse(share.closesRefused(450));
    assertTrue(share.closesRefused(451));
  }

  // Which places there are
  // -------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(
      strings = {
        "backends = {'127.0.0.1:1'} select = nil",
        "backends = {'127.0.0.1:1', {address = '127.0.0.1:2', state = 'down'}} select = nil",
        "backends = {{name = 'a', address = '127.0.0.1:1'}, {name = 'b', address = '127.0.0.1:1'}}"
            + " select = nil"
      })
  void theOnlyPlaceMayHaveAll(String lua) throws Exception {
    assertEquals(10, mostOfOne(EmbeddedRig.config(lua, "limits = {connections = 10}")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "backends = {'127.0.0.1:1', '127.0.0.1:2'} select = nil",
        "backends = {'127.0.0.1:1'} function select(r) return 'unix:/run/' .. r.host end",
        "backends = {'127.0.0.1:1'} select = nil function on_failure() end"
      })
  void aPlaceBesideWhichThereMayBeOthersGetsItsShare(String lua) throws Exception {
    assertEquals(5, mostOfOne(EmbeddedRig.config(lua, "limits = {connections = 10}")));
  }

  private int mostOfOne(Config config) throws Exception {
    return hang(Service.of(config, loads).share, 10, 1).get(0);
  }

  // What is kept of places
  // -------------------------------------------------------------------------

  @Test
  void nothingIsKeptOfAPlaceThatOnlyAScriptNames() {
    Loads.Share one = begin(place(1));
    Loads.Share another = begin(place(1));
    one.close();
    one.close();
    assertEquals(1, loads.inFlight(place(1)));
    assertEquals(1, loads.places());
    another.close();
    another.begin();
    assertEquals(0, loads.inFlight());
    assertEquals(0, loads.places());
  }

  @Test
  void aPlaceThatIsListedWhileItHasRequestsKeepsItsCount() throws Exception {
    Place first = Objects.requireNonNull(Place.ofLiteral("127.0.0.1:1", null));
    Loads.Share before = begin(first);
    Config config = EmbeddedRig.config();
    assertEquals(1, loads.bySlot(config).applyAsInt(1));
    Loads.Share after = begin(first);
    assertEquals(2, loads.bySlot(config).applyAsInt(1));
    before.close();
    after.close();
    assertEquals(0, loads.bySlot(config).applyAsInt(1));
    assertEquals(2, loads.places());
  }

  @Test
  void manyThreadsLoseNoCountAndLeaveNoPlace() throws Exception {
    Runnable work =
        () -> {
          for (int i = 0; i < 20_000; i++) {
            var load = loads.share(place(i % 3));
            load.begin();
            load.close();
          }
        };
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      var thread = new Thread(work);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(50));
    }
    assertEquals(0, loads.inFlight());
    assertEquals(0, loads.places());
  }
}
