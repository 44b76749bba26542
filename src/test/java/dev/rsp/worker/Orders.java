// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.config.Config;
import dev.rsp.exchange.Ending;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Assertions;

/**
 * Plays what two sides do in every order that there is, and each order with any of the steps in the
 * same turn of the loop: for each a rig of its own.
 */
final class Orders {
  static final Step ACCEPTS = new Step("accepts", scene -> scene.backend.accept());
  static final Step ENDS = new Step("ends", scene -> scene.backend.end());
  static final Step RESETS = new Step("resets", scene -> scene.backend.reset());

  private Orders() {}

  /** Something that one side does. */
  record Step(String name, Consumer<Scene> play) {}

  /** One of the orders. */
  static final class Scene {
    final EmbeddedRig rig;
    final EmbeddedPeer client;
    final EmbeddedPeer backend;
    private final List<Step> order = new ArrayList<>();
    private boolean together;

    Scene(EmbeddedRig rig, EmbeddedPeer client, EmbeddedPeer backend) {
      this.rig = rig;
      this.client = client;
      this.backend = backend;
    }

    /** Whether one step came before another, be it in the same turn. */
    boolean before(Step first, Step second) {
      return order.indexOf(first) < order.indexOf(second);
    }

    /** Whether the loop has come to rest before each step. */
    boolean apart() {
      return !together;
    }

    /** One exchange has ended, so; if something was together, it may have been in another way. */
    void expectEnding(Ending expected, Ending... others) {
      rig.rest();
      String summary = rig.summary();
      List<String> allowed = new ArrayList<>(List.of(expected.label() + "=1"));
      if (together) {
        for (Ending other : others) {
          allowed.add(other.label() + "=1");
        }
      }
      Assertions.assertTrue(allowed.contains(summary), () -> summary + " of " + allowed);
      rig.expectEndings(summary);
    }
  }

  /** The backend sends something. */
  static Step answers(String name, String text) {
    return new Step(name, scene -> scene.backend.send(text));
  }

  /** The client sends something. */
  static Step sends(String text) {
    return new Step("client sends " + text, scene -> scene.client.send(text));
  }

  /** A client has sent a request, for which a connection is asked. */
  static Scene asked(EmbeddedRig rig, String request) {
    EmbeddedPeer client = rig.client(request);
    return new Scene(rig, client, rig.connecting());
  }

  /**
   * Plays all orders.
   *
   * @param start what has happened before
   * @param some what one side does, in its order
   * @param others what the other does
   * @param check what must have come of it
   */
  static void play(
      Function<EmbeddedRig, Scene> start, List<Step> some, List<Step> others, Consumer<Scene> check)
      throws Exception {
    Config config = EmbeddedRig.config();
    int steps = some.size() + others.size();
    for (int whose = 0; whose < 1 << steps; whose++) {
      if (Integer.bitCount(whose) == some.size()) {
        for (int gaps = 0; gaps < 1 << (steps - 1); gaps++) {
          play(config, start, merged(some, others, whose), gaps, check);
        }
      }
    }
  }

  private static List<Step> merged(List<Step> some, List<Step> others, int whose) {
    List<Step> merged = new ArrayList<>();
    int taken = 0;
    for (int i = 0; i < some.size() + others.size(); i++) {
      boolean next = (whose >> i & 1) == 1;
      merged.add(next ? some.get(taken) : others.get(i - taken));
      taken += next ? 1 : 0;
    }
    return merged;
  }

  private static void play(
      Config config,
      Function<EmbeddedRig, Scene> start,
      List<Step> order,
      int gaps,
      Consumer<Scene> check)
      throws Exception {
    var shown = new StringBuilder();
    try (EmbeddedRig rig = new EmbeddedRig(config)) {
      Scene scene = start.apply(rig);
      rig.rest();
      for (int i = 0; i < order.size(); i++) {
        boolean apart = i == 0 || (gaps >> (i - 1) & 1) == 0;
        scene.together |= !apart;
        if (apart) {
          rig.rest();
        }
        shown.append(i == 0 ? "" : apart ? ", then " : " and ").append(order.get(i).name());
        scene.order.add(order.get(i));
        order.get(i).play().accept(scene);
      }
      check.accept(scene);
    } catch (AssertionError e) {
      throw new AssertionError(shown + ": " + e.getMessage(), e);
    }
  }
}
