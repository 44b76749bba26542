// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.hash.PythonHash;
import dev.rsp.http.Refusal;
import dev.rsp.lua.Failure;
import dev.rsp.lua.HashCall;
import dev.rsp.lua.RequestView;
import dev.rsp.lua.Script;
import dev.rsp.lua.Selection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides where requests go: by a host in the path, the file's {@code select}, or the hash of the
 * host; then by the states of slots. It has no sockets, cache or clock: all choosers of one
 * configuration make the same {@link Decision} for the same request, if the script is pure.
 *
 * <p>Used by the proxy and by the tools that explain or preview its decisions. Confined to one
 * thread at a time, like its script.
 */
public final class Chooser {
  private static final Refusal SCRIPT_FAILED = new Refusal(500, "the selection script failed");
  private static final Refusal INVALID_HOST = new Refusal(400, "invalid host in the path");
  private static final Refusal ALL_DOWN = new Refusal(503, "no backend is up");

  private final Config config;
  private final @Nullable Script script;
  private final PathRules pathRules;
  private final SlotNames names;
  private final Standby standby;
  private final boolean noneIsUp;

  /** The routes to a single slot, shared by all hosts. */
  private final Route[] direct;

  /**
   * Creates a chooser.
   *
   * @param script from {@link Config#script}, used by this chooser only
   */
  public Chooser(Config config, @Nullable Script script) {
    this.config = config;
    this.script = script;
    this.pathRules = new PathRules(config.selection().hostsFromPaths());
    this.names = new SlotNames(config.slots(), config.selection().scriptTls());
    this.standby = new Standby(config.slots());
    this.noneIsUp = config.slots().stream().noneMatch(Slot::isUp);
    this.direct = new Route[config.slots().size()];
    for (Slot slot : config.slots()) {
      Place place = slot.place();
      if (place != null) {
        direct[slot.index() - 1] = Route.to(List.of(place));
      }
    }
  }

  /** Decides for a request, including the rules for paths. */
  public Decision decide(RequestView request) {
    PathRules.Match match = pathRules.match(request.host(), request.path());
    return decide(request, match);
  }

  /** Decides for a request whose match with the rules for paths is known. */
  Decision decide(RequestView request, PathRules.@Nullable Match match) {
    if (match == null) {
      return decide(new DecisionBuilder(request.host(), null), request);
    }
    if (match.host() == null) {
      return new DecisionBuilder(request.host(), match).refused(INVALID_HOST);
    }
    return decide(
        new DecisionBuilder(match.host(), match), new RequestWithPathHost(request, match.host()));
  }

  /**
   * Calls the file's {@code on_failure} for a request whose backend could not be reached. Applies
   * the rules for paths again, like {@link #decide(RequestView)}.
   *
   * @return null if there is no such function or it returned nothing: the request continues with
   *     the old decision
   */
  public @Nullable Decision afterFailure(RequestView request, Failure failure) {
    if (script == null || !script.hasOnFailure()) {
      return null;
    }
    PathRules.Match match = pathRules.match(request.host(), request.path());
    String pathHost = match == null ? null : match.host();
    RequestView seen = pathHost == null ? request : new RequestWithPathHost(request, pathHost);
    Selection answer = script.onFailure(seen, failure);
    return answer == null
        ? null
        : new DecisionBuilder(seen.host(), match).onFailure(answer, script);
  }

  /** Whether {@link #afterFailure} must be called after a failed connection. */
  boolean hasOnFailure() {
    return script != null && script.hasOnFailure();
  }

  PathRules pathRules() {
    return pathRules;
  }

  /** The slot with that address; null if there is none. */
  @Nullable Slot slotAt(Place place) {
    return names.at(place);
  }

  /**
   * The route for a decision by hash that needs nothing but this slot: it is up, and there is no
   * failover. Else null.
   */
  @Nullable Route directRoute(Slot slot) {
    return slot.isUp() && config.selection().failover() == 0 ? direct[slot.index() - 1] : null;
  }

  private Decision decide(DecisionBuilder draft, RequestView request) {
    return script != null && script.hasSelect()
        ? draft.selected(script.select(request), script)
        : draft.hashed();
  }

  /** Builds a decision. */
  private final class DecisionBuilder {
    private final String host;
    private final PathRules.@Nullable Match match;
    private final List<Slot> passedOver = new ArrayList<>();
    private final List<Decision.Target> targets = new ArrayList<>();
    private Decision.Source source = Decision.Source.HOST_FROM_PATH;
    private String where = "";
    private @Nullable HashCall hash;
    private @Nullable Slot chosen;
    private @Nullable String error;
    private boolean pure;

    DecisionBuilder(String host, PathRules.@Nullable Match match) {
      this.host = host;
      this.match = match;
    }

    Decision hashed() {
      source = Decision.Source.DEFAULT;
      pure = true;
      byte[] key = hostBytes();
      int n = direct.length;
      hash = new HashCall("python", host, n, Long.toString(PythonHash.hash64(key, 0, key.length)));
      add(config.slots().get(PythonHash.index(key, 0, key.length, n) - 1));
      return withFailover(true);
    }

    Decision selected(Selection answer, Script by) {
      source = Decision.Source.SELECT;
      where = by.selectPosition();
      hash = by.lastHash();
      return fromSelection(answer);
    }

    Decision onFailure(Selection answer, Script by) {
      source = Decision.Source.ON_FAILURE;
      where = by.onFailurePosition();
      return fromSelection(answer);
    }

    private Decision fromSelection(Selection answer) {
      if (answer instanceof Selection.Failed failed) {
        return failed(failed.message());
      }
      boolean isCacheable = config.selection().probe().isCacheable();
      if (answer instanceof Selection.Refused refused) {
        pure = refused.hostOnly() && isCacheable;
        return refused(new Refusal(refused.status(), refused.reason()));
      }
      Selection.Chosen choice = (Selection.Chosen) answer;
      pure = choice.hostOnly() && isCacheable;
      for (Selection.Choice one : choice.choices()) {
        if (!add(one)) {
          String before = where.isEmpty() ? "" : where + ": ";
          return failed(before + source.text() + " returned " + describe(one));
        }
      }
      return withFailover(choice.choices().size() == 1);
    }

    private boolean add(Selection.Choice choice) {
      if (choice instanceof Selection.Choice.Index index) {
        boolean exists = index.index() >= 1 && index.index() <= direct.length;
        if (exists) {
          add(config.slots().get(index.index() - 1));
        }
        return exists;
      }
      String text = ((Selection.Choice.Text) choice).text();
      Slot slot = names.find(text);
      if (slot != null) {
        add(slot);
        return true;
      }
      Place place = names.outside(text);
      Slot same = place == null ? null : names.at(place);
      if (same != null) {
        add(same);
      } else if (place != null) {
        targets.add(new Decision.Target(null, place));
      }
      return place != null;
    }

    private void add(Slot slot) {
      if (chosen == null && targets.isEmpty()) {
        chosen = slot;
      }
      Place place = slot.place();
      if (slot.isUp() && place != null) {
        targets.add(new Decision.Target(slot, place));
      } else {
        passedOver.add(slot);
      }
    }

    /**
     * Adds the replacements of slots that are not up, and the failover targets.
     *
     * @param single whether one target was named, so that rsp chooses the failover
     */
    private Decision withFailover(boolean single) {
      if (targets.isEmpty() && noneIsUp) {
        passedOver.stream().filter(Slot::isLastResort).forEach(this::target);
      }
      int wanted = single && chosen != null ? 1 + config.selection().failover() : 1;
      if (targets.size() < wanted) {
        // Ask for more than needed, because some may already be targets.
        for (Slot slot : standby.ranked(hostBytes(), wanted + targets.size())) {
          if (targets.size() < wanted) {
            target(slot);
          }
        }
      }
      return targets.isEmpty() ? refused(ALL_DOWN) : decision(null);
    }

    private void target(Slot slot) {
      Place place = slot.place();
      boolean known = targets.stream().anyMatch(target -> slot.equals(target.slot()));
      if (place != null && !known) {
        targets.add(new Decision.Target(slot, place));
      }
    }

    private Decision failed(String message) {
      error = message;
      pure = false;
      return refused(SCRIPT_FAILED);
    }

    Decision refused(Refusal refusal) {
      targets.clear();
      return decision(refusal);
    }

    private Decision decision(@Nullable Refusal refusal) {
      return new Decision(
          host,
          match == null ? null : match.rule(),
          source,
          where,
          hash,
          direct.length,
          chosen,
          passedOver,
          targets,
          pure,
          refusal,
          error,
          (refusal == null ? route() : Route.refused(refusal)).because(why()));
    }

    private Why why() {
      return match != null
          ? Why.PATH
          : switch (source) {
            case DEFAULT -> Why.HASH;
            case SELECT -> Why.SCRIPT;
            case ON_FAILURE -> Why.ON_FAILURE;
            case HOST_FROM_PATH -> Why.PATH;
          };
    }

    private Route route() {
      Decision.Target only = targets.get(0);
      return targets.size() == 1 && only.slot() != null
          ? direct[only.slot().index() - 1]
          : Route.to(targets.stream().map(Decision.Target::place).toList());
    }

    private byte[] hostBytes() {
      return host.getBytes(StandardCharsets.US_ASCII);
    }

    private String describe(Selection.Choice choice) {
      return choice instanceof Selection.Choice.Index index
          ? index.index() + " (expected: 1 to " + direct.length + ")"
          : '"'
              + ((Selection.Choice.Text) choice).text()
              + "\" (expected: a slot's name or an address)";
    }
  }
}
