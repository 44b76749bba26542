// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend.h2;

import dev.rsp.backend.BackendConnection;
import dev.rsp.backend.Dialect;
import dev.rsp.backend.Session;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import org.jspecify.annotations.Nullable;

/** The HTTP/2 of a loop's backends, in the clear or over TLS. */
public final class Http2Dialect implements Dialect {
  private final Http2Tables tables;

  /** The dialect of a loop. Any thread. */
  public Http2Dialect(LoopState loop) {
    this.tables = new Http2Tables(loop);
  }

  @Override
  public boolean needsLength() {
    return false;
  }

  @Override
  public @Nullable Refusal unfit(RequestHead request, Hop hop, Terms terms) {
    return null;
  }

  @Override
  public Session session(BackendConnection connection) {
    return new Http2Session(tables, connection);
  }
}
