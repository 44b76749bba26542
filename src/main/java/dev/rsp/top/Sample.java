// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import java.util.List;

/** What a running rsp said of itself at one moment. Immutable. */
public final class Sample {
  private final JsonObject status;
  private final JsonObject slots;

  private Sample(JsonObject status, JsonObject slots) {
    this.status = status;
    this.slots = slots;
  }

  /**
   * Reads the answers to {@code GET /api/status} and {@code GET /api/slots}.
   *
   * @throws IllegalArgumentException if one is no JSON object
   */
  public static Sample of(String status, String slots) {
    return new Sample(JsonObject.of(status), JsonObject.of(slots));
  }

  JsonObject status() {
    return status;
  }

  JsonObject total() {
    return slots.object("total");
  }

  List<JsonObject> slots() {
    return slots.objects("slots");
  }
}
