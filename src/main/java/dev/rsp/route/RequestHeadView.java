// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.http.RequestHead;
import dev.rsp.lua.RequestView;
import org.jspecify.annotations.Nullable;

/** A request's head as a script sees it. Valid for one call. */
record RequestHeadView(RequestHead head, String client) implements RequestView {
  @Override
  public String host() {
    return head.host();
  }

  @Override
  public String method() {
    return head.methodText();
  }

  @Override
  public String path() {
    return head.path();
  }

  @Override
  public String query() {
    return head.query();
  }

  @Override
  public String scheme() {
    return "http";
  }

  @Override
  public @Nullable String header(String name) {
    return head.field(name);
  }
}
