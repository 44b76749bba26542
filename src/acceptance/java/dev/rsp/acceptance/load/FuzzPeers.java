// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Wire;
import dev.rsp.fuzz.Check;
import dev.rsp.fuzz.Corpus;
import dev.rsp.fuzz.Mutator;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Clients and a backend that send the damaged messages of {@code src/fuzz}, in any pieces. */
final class FuzzPeers implements AutoCloseable {
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong stuck = new AtomicLong();
  private final Queue<String> findings = new ConcurrentLinkedQueue<>();
  private final long seed;
  private final RawBackend backend;
  private final AtomicLong connections = new AtomicLong();

  FuzzPeers(long seed) throws IOException {
    this.seed = seed;
    this.backend = RawBackend.holding(this::serve);
  }

  private Mutator mutator(String target, long which) {
    return new Mutator(
        seed + which, List.copyOf(Corpus.seeds(target).values()), Corpus.dictionary());
  }

  private void serve(Wire wire) throws IOException {
    long which = connections.incrementAndGet();
    Mutator mutator = mutator("response", which);
    Random random = new Random(seed - which);
    for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
      wire.send(mutator.next());
      switch (random.nextInt(6)) {
        case 0 -> {
          wire.reset();
          return;
        }
        case 1, 2 -> {
          return;
        }
        default -> {
          // the next request on the same connection, if rsp sends one
        }
      }
    }
  }

  /** Sends one input after the other, each on its own connection; one thread. */
  void ask(int port, int thread, BooleanSupplier more) {
    Mutator mutator = mutator("request", -1 - thread);
    Random random = new Random(seed + thread);
    while (more.getAsBoolean()) {
      byte[] input = mutator.next();
      sent.incrementAndGet();
      try (RawClient client = new RawClient(port)) {
        int cut = random.nextInt(input.length + 1);
        client.wire().out().write(input, 0, cut);
        client.wire().out().write(input, cut, input.length - cut);
        if (random.nextInt(10) == 0) {
          client.wire().reset();
        } else {
          client.wire().halfClose();
          client.wire().rest();
        }
      } catch (SocketTimeoutException e) {
        stuck.incrementAndGet();
        found("no end", input);
      } catch (IOException e) {
        // rsp has closed: mostly that is what such an input gets
      } catch (AssertionError e) {
        found(e.toString(), input);
      }
    }
  }

  private void found(String what, byte[] input) {
    findings.add(what + "\n" + Check.shown(input));
  }

  RawBackend backend() {
    return backend;
  }

  /** Inputs of clients. */
  long sent() {
    return sent.get();
  }

  /** Those that were not brought to an end. */
  long stuck() {
    return stuck.get();
  }

  /** The errors of rsp, with the input of the client. */
  Queue<String> findings() {
    return findings;
  }

  @Override
  public void close() throws IOException {
    backend.close();
  }
}
