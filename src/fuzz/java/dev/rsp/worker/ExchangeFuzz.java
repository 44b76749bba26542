// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.exchange.Ending;
import dev.rsp.fuzz.Check;
import dev.rsp.referee.End;
import dev.rsp.referee.Message;
import dev.rsp.referee.Referee;
import dev.rsp.worker.Steps.Step;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Any bytes from a client and a backend, in any pieces, with ends and resets anywhere, through a
 * loop on real sockets. Whatever they do: what the proxy writes is sound on both sides, the
 * exchange ends without help of a timeout, each request has one ending, no error is logged, no
 * buffer stays, and the next client gets its own answer.
 */
public final class ExchangeFuzz {
  /** Nothing here takes as long by the proxy's clock; its own timeouts are longer. */
  private static final long PATIENCE_MILLIS = 5_000;

  /** The endings of which the client has no whole answer. */
  private static final Set<Ending> BROKEN =
      EnumSet.of(
          Ending.LIMIT_RESPONSE_RATE,
          Ending.BACKEND_MALFORMED_BODY,
          Ending.BACKEND_TRUNCATED,
          Ending.BACKEND_STALLED,
          Ending.CLIENT_GONE_IN_HEAD,
          Ending.CLIENT_GONE_IN_BODY,
          Ending.CLIENT_GONE_WAITING,
          Ending.CLIENT_GONE_READING,
          Ending.CLIENT_STALLED,
          Ending.REQUEST_BROKEN,
          Ending.DRAINED,
          Ending.FAILED);

  private static final FuzzRig RIG = FuzzRig.start();

  private final byte[] data;
  private final Side client;
  private final List<Side> backends = new ArrayList<>();
  private final List<String> waiting = new ArrayList<>();
  private int current = -1;
  private boolean closing;
  private boolean clientReset;

  private ExchangeFuzz(byte[] data) {
    this.data = data;
    this.client = RIG.connect();
  }

  /** One input. The name is what fuzzers look for. */
  public static void fuzzerTestOneInput(byte[] data) {
    Map<Ending, Long> before = RIG.endings();
    var exchange = new ExchangeFuzz(data);
    try {
      for (Step step : Steps.of(data).steps()) {
        exchange.run(step);
      }
      exchange.end();
      exchange.judge(before);
      exchange.probe();
    } finally {
      exchange.client.close();
      exchange.backends.forEach(Side::close);
    }
    RIG.awaitNoClients(data);
    RIG.checkNothingLeft(data);
  }

  private void run(Step step) {
    switch (step.letter()) {
      case 'c' -> client.send(step.text());
      case 'b' -> {
        if (current >= 0) {
          backends.get(current).send(step.text());
        } else {
          waiting.add(step.text());
        }
      }
      case 'n' -> waiting.add(step.text());
      case 'F' -> client.endOutput();
      case 'R' -> {
        client.read();
        clientReset = true;
        client.reset();
      }
      case 'f', 'r' -> {
        if (current >= 0) {
          Side backend = backends.get(current);
          backend.read();
          if (step.letter() == 'f') {
            backend.close();
          } else {
            backend.reset();
          }
        }
      }
      case 'h' -> RIG.reload();
      default -> {
        return; // "x" says something of the step before it
      }
    }
    if (!step.follows()) {
      settle();
    }
  }

  /** Lets the loop do all that what has happened so far brings about. */
  private void settle() {
    // The kernel may take a moment to pass on what one side did.
    for (int idle = 0; idle < 3; idle++) {
      boolean progress = RIG.turn();
      progress |= client.read();
      Side accepted = RIG.accept();
      while (accepted != null) {
        progress = true;
        backends.add(accepted);
        current = backends.size() - 1;
        if (closing) {
          accepted.close();
        }
        waiting.forEach(accepted::send);
        waiting.clear();
        accepted = RIG.accept();
      }
      for (int i = 0; i < backends.size(); i++) {
        if (backends.get(i).read()) {
          progress = true;
          current = i;
        }
      }
      if (progress) {
        idle = -1;
      }
    }
  }

  /** Neither side does anything more: then all must come to an end. */
  private void end() {
    settle();
    client.endOutput();
    settle();
    if (!client.over()) {
      closing = true;
      backends.forEach(Side::close);
    }
    long deadline = RIG.millis() + PATIENCE_MILLIS;
    while (!client.over()) {
      Check.that(RIG.millis() < deadline, () -> "the exchange does not end\n" + Check.shown(data));
      settle();
    }
    client.close();
    settle();
    RIG.awaitNoClients(data);
  }

  private void judge(Map<Ending, Long> before) {
    int answers = 0;
    int tunnels = 0;
    var verdict = Referee.responses(client.received(), client.end(), client.sent());
    Check.that(
        verdict.violation() == null,
        () -> "to the client: " + verdict.violation() + "\n" + shown());
    for (Message message : verdict.messages()) {
      boolean interim = message.startLine().startsWith("HTTP/1.1 1");
      tunnels += message.startLine().startsWith("HTTP/1.1 101") ? 1 : 0;
      answers += interim || !message.whole() ? 0 : 1;
    }
    for (Side backend : backends) {
      var requests =
          Referee.requests(
              backend.received(), backend.end(), backend.sent().contains("HTTP/1.1 101"));
      Check.that(
          requests.violation() == null,
          () -> "to the backend: " + requests.violation() + "\n" + shown());
    }
    endings(before, answers, tunnels);
  }

  /** Each whole answer is one ending, and at most one more exchange ended otherwise. */
  private void endings(Map<Ending, Long> before, int answers, int tunnels) {
    Map<Ending, Long> count = RIG.endings();
    before.forEach((ending, times) -> count.merge(ending, -times, Long::sum));
    long broken = sum(count, BROKEN);
    long tunnelled = sum(count, EnumSet.of(Ending.TUNNELLED));
    long answered = sum(count, EnumSet.allOf(Ending.class)) - broken - tunnelled;
    Check.that(
        broken + tunnelled <= 1 && tunnelled >= tunnels,
        () -> "endings: " + count + "\n" + shown());
    if (!clientReset && client.end() == End.FIN) {
      Check.that(
          answered == answers && tunnelled == tunnels,
          () -> "answers: " + answers + ", endings: " + count + "\n" + shown());
    } else {
      Check.that(
          answered >= answers,
          () -> "answers: " + answers + ", endings: " + count + "\n" + shown());
    }
  }

  private static long sum(Map<Ending, Long> count, Set<Ending> endings) {
    return endings.stream().mapToLong(ending -> count.getOrDefault(ending, 0L)).sum();
  }

  /** The next client gets its own answer, whatever connection it is asked on. */
  private void probe() {
    Side probe = RIG.connect();
    try {
      closing = false;
      waiting.clear();
      String path = RIG.nextPath();
      probe.send(Messages.get("a", path));
      int[] heard = backends.stream().mapToInt(side -> side.received().length()).toArray();
      long deadline = RIG.millis() + PATIENCE_MILLIS;
      Side asked = null;
      while (asked == null) {
        Check.that(RIG.millis() < deadline, () -> "nobody is asked\n" + shown());
        settle();
        for (int i = 0; i < backends.size(); i++) {
          int from = i < heard.length ? heard[i] : 0;
          if (backends.get(i).received().startsWith("GET " + path + " ", from)) {
            asked = backends.get(i);
          }
        }
      }
      asked.send(Messages.ok(path));
      String expected = Messages.ok(path);
      while (probe.received().length() < expected.length() && !probe.over()) {
        Check.that(RIG.millis() < deadline, () -> "no answer\n" + shown());
        settle();
        probe.read();
      }
      Check.same("the next client's answer", expected, probe.received(), data);
    } finally {
      probe.close();
    }
  }

  private String shown() {
    var text = new StringBuilder(Check.shown(data)).append("\n--- client received: ");
    text.append(client.end()).append('\n').append(client.received());
    for (Side backend : backends) {
      text.append("\n--- backend received: ").append(backend.end()).append('\n');
      text.append(backend.received());
    }
    return text.toString();
  }
}
