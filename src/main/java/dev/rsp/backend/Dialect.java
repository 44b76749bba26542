// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import org.jspecify.annotations.Nullable;

/** A protocol of backends, for one loop. Called on the loop. */
public interface Dialect {
  /** Whether a request needs a known length of its body. */
  boolean needsLength();

  /** Why a request cannot be sent in it; null if it can. */
  @Nullable Refusal unfit(RequestHead head, Hop hop, Terms terms);

  /** The session of a new connection, for a client's request. */
  Session session(BackendConnection connection);
}
