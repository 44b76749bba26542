// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.http.Client;
import dev.rsp.http.ClientTls;
import dev.rsp.http.RequestHead;
import dev.rsp.lua.RequestView;
import org.jspecify.annotations.Nullable;

/** A request's head as a script sees it. Valid for one call. */
record RequestHeadView(RequestHead head, Client from) implements RequestView {
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
    return from.scheme();
  }

  @Override
  public @Nullable Tls tls() {
    return tls(from.tls());
  }

  static @Nullable Tls tls(@Nullable ClientTls tls) {
    return tls == null
        ? null
        : new Tls(tls.version(), tls.serverName(), tls.protocol(), tls.subject());
  }

  @Override
  public String client() {
    return from.text();
  }

  @Override
  public @Nullable String header(String name) {
    return head.field(name);
  }
}
