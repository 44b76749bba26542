// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.admin.ApiReply;
import dev.rsp.admin.ApiRequest;
import dev.rsp.admin.Operations;
import dev.rsp.admin.Routes;
import dev.rsp.config.Config;
import dev.rsp.http.HostName;
import dev.rsp.journal.JournalKeeper;
import dev.rsp.journal.JournalSettings;
import dev.rsp.journal.SeenHost;
import dev.rsp.log.IoReason;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.Explanation;
import dev.rsp.plan.Space;
import dev.rsp.route.Chooser;
import dev.rsp.route.Decision;
import dev.rsp.route.RequestSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The API of operators: what is answered below {@code /api/}. Thread-safe. */
final class Api {
  private static final int MOST_HOSTS = 1000;
  private static final int HOSTS = 50;

  private final Supplier<@Nullable InForce> inForce;
  private final Operations operations;
  private final JournalKeeper journal;
  private final ReloadLog reloads;
  private final HostsSeen hosts;
  private final SlotValues slots;
  private final UsageValues usage;
  private final CertificatesApi certificates;

  Api(
      Supplier<@Nullable InForce> inForce,
      Operations operations,
      JournalKeeper journal,
      ReloadLog reloads,
      HostsSeen hosts,
      SlotValues slots,
      UsageValues usage,
      CertificatesApi certificates) {
    this.inForce = inForce;
    this.operations = operations;
    this.journal = journal;
    this.reloads = reloads;
    this.hosts = hosts;
    this.slots = slots;
    this.usage = usage;
    this.certificates = certificates;
  }

  /** All commands. */
  Routes routes() {
    return new Routes()
        .get("/api/status", request -> ApiReply.ok(operations.values()))
        .get("/api/slots", request -> whenServing(now -> ApiReply.ok(slots.of(now))))
        .get("/api/hosts", this::hosts)
        .get("/api/hosts/top", request -> usage.top(request, this::lastSlot))
        .get("/api/hosts/{host}", request -> whenServing(now -> host(now, request)))
        .get("/api/explain", request -> whenServing(now -> explain(now, request)))
        .get("/api/space", request -> whenServing(Api::space))
        .post("/api/reload", this::reload)
        .get("/api/reloads", request -> one("reloads", reloads.entries()))
        .get("/api/journal", request -> whenServing(this::journal))
        .get("/api/certificates", certificates::list);
  }

  private static ApiReply one(String key, Object value) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put(key, value);
    return ApiReply.ok(values);
  }

  private ApiReply whenServing(Function<InForce, ApiReply> answer) {
    InForce now = inForce.get();
    return now == null ? ApiReply.error(503, "no configuration is in force") : answer.apply(now);
  }

  private ApiReply reload(ApiRequest request) {
    Operations.Verdict verdict = operations.reload(request.peer());
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("accepted", verdict.accepted());
    values.put("lines", verdict.lines());
    return new ApiReply(verdict.accepted() ? 200 : 409, values);
  }

  private ApiReply hosts(ApiRequest request) {
    int limit = request.number("limit", HOSTS, 1, MOST_HOSTS);
    String prefix = request.parameter("prefix", "").toLowerCase(Locale.ROOT);
    List<SeenHost> found = hosts.index().startingWith(prefix, limit + 1);
    InForce now = inForce.get();
    List<Map<String, @Nullable Object>> listed = new ArrayList<>();
    for (SeenHost host : found.subList(0, Math.min(limit, found.size()))) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("host", host.host());
      values.put("slot", host.slot());
      values.put("address", now == null ? null : now.addressOf(host.slot()));
      values.put("requests", host.requests());
      listed.add(values);
    }
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("hosts", listed);
    values.put("more", found.size() > limit);
    return ApiReply.ok(values);
  }

  private @Nullable String lastSlot(String host) {
    SeenHost seen = hosts.index().find(host);
    return seen == null ? null : seen.slot();
  }

  private ApiReply host(InForce now, ApiRequest request) {
    String host = HostName.canonicalise(request.name("host"));
    RequestSnapshot asked = host == null ? null : RequestSnapshot.get(host, "/");
    if (host == null || asked == null) {
      return noHost();
    }
    try {
      Decision decision = decide(now.config(), asked);
      Decision.Target target = decision.target();
      SeenHost seen = hosts.index().find(host);
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("host", host);
      values.put("slot", target == null || target.slot() == null ? null : target.name());
      values.put("address", target == null ? null : target.place().text());
      values.put("why", decision.rule());
      values.put("cached", decision.pure());
      values.put("requests", seen == null ? 0 : seen.requests());
      values.put("last_slot", seen == null ? null : seen.slot());
      values.put("hours", usage.hours(host));
      return ApiReply.ok(values);
    } catch (ScriptException e) {
      return ApiReply.error(500, e.message());
    } catch (IOException e) {
      return ApiReply.error(500, "cannot read the usage of hosts: " + IoReason.of(e));
    }
  }

  private static ApiReply noHost() {
    return ApiReply.error(
        400,
        "no valid host (expected: a host name, in ASCII (xn--...), an IPv4 address or an IPv6"
            + " address in brackets, optionally with a port)");
  }

  private static Decision decide(Config config, RequestSnapshot request) throws ScriptException {
    return new Chooser(config, config.script()).decide(request);
  }

  private static ApiReply explain(InForce now, ApiRequest request) {
    String path = request.parameter("path", "/");
    // What a request line may contain: RFC 9112 §3.2.1; no fragment: RFC 3986 §3.5.
    if (!path.startsWith("/") || !path.chars().allMatch(c -> c > ' ' && c <= '~' && c != '#')) {
      return ApiReply.error(400, "no path (expected: as in a request line: starts with /)");
    }
    String method = request.parameter("method", "GET");
    if (!method.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,24}")) {
      return ApiReply.error(400, "no method (expected: a token: RFC 9110 §5.6.2)");
    }
    RequestSnapshot asked =
        RequestSnapshot.request(method, request.parameter("host", ""), path, Map.of());
    if (asked == null) {
      return noHost();
    }
    try {
      return ApiReply.ok(Explanation.values(decide(now.config(), asked)));
    } catch (ScriptException e) {
      return ApiReply.error(500, e.message());
    }
  }

  private static ApiReply space(InForce now) {
    try {
      Space space = Space.of(now.config(), Space.PARTS);
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("buckets", Space.PARTS);
      values.put("slots", space.slots());
      return ApiReply.ok(values);
    } catch (ScriptException e) {
      return ApiReply.error(500, e.message());
    }
  }

  private ApiReply journal(InForce now) {
    JournalSettings settings = now.config().safeguards().journal();
    Path file = settings.file();
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("hosts", journal.size());
    values.put("most_hosts", settings.hosts());
    values.put("every_seconds", settings.everyMillis() / 1000.0);
    values.put("file", file == null ? null : file.toString());
    values.put("problem", journal.problem().isEmpty() ? null : journal.problem());
    return ApiReply.ok(values);
  }
}
