// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.lua.RequestView;
import org.jspecify.annotations.Nullable;

/** A request whose host was taken from its path, as a script sees it. */
record RequestWithPathHost(RequestView request, String host) implements RequestView {
  @Override
  public String originalHost() {
    return request.host();
  }

  @Override
  public String method() {
    return request.method();
  }

  @Override
  public String path() {
    return request.path();
  }

  @Override
  public String query() {
    return request.query();
  }

  @Override
  public String scheme() {
    return request.scheme();
  }

  @Override
  public @Nullable Tls tls() {
    return request.tls();
  }

  @Override
  public String client() {
    return request.client();
  }

  @Override
  public @Nullable String header(String name) {
    return request.header(name);
  }
}
