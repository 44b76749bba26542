// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.admin.ApiReply;
import dev.rsp.admin.ApiRequest;
import dev.rsp.admin.Routes;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What operators can say about the states of slots. Thread-safe. */
final class OverrideApi {
  private static final Pattern BODY =
      Pattern.compile("\\s*\\{\\s*\"state\"\\s*:\\s*\"([a-z]{1,10})\"\\s*}\\s*");

  private final Supplier<Overrides> overrides;
  private final Command command;

  /** Gives a slot another state. */
  interface Command {
    /**
     * Does it.
     *
     * @param by who asks
     */
    ApiReply run(String slot, String state, String by);
  }

  OverrideApi(Supplier<Overrides> overrides, Command command) {
    this.overrides = overrides;
    this.command = command;
  }

  void addTo(Routes routes) {
    routes.get("/api/overrides", request -> listed());
    routes.post("/api/slots/{slot}", this::set);
  }

  private ApiReply listed() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("overrides", overrides.get().values());
    return ApiReply.ok(values);
  }

  private ApiReply set(ApiRequest request) {
    Matcher body = BODY.matcher(new String(request.body(), StandardCharsets.UTF_8));
    return body.matches()
        ? command.run(request.name("slot"), body.group(1), request.peer())
        : ApiReply.error(400, "no state (expected: {\"state\":\"up\"}, or drain, down or file)");
  }
}
