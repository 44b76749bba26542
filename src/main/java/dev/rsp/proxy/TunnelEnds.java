// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.RequestHead;
import dev.rsp.http.Upgrades;
import org.jspecify.annotations.Nullable;

/**
 * What an exchange knows of a tunnel: the protocols that the client offered to change to, and which
 * side has ended its half.
 */
final class TunnelEnds {
  private @Nullable String offer;
  private boolean clientEnded;
  private boolean backendEnded;

  /** Starts with a request. */
  void start(RequestHead head) {
    offer = head.offer();
    clientEnded = false;
    backendEnded = false;
  }

  /** Whether the request may become a tunnel. */
  boolean offered() {
    return offer != null;
  }

  /** RFC 9110 §7.8: whether the client named this protocol. */
  boolean offered(String protocol) {
    return offer != null && Upgrades.offered(offer, protocol);
  }

  /** The client ends its half. */
  void endClient(@Nullable BackendConnection backend) {
    clientEnded = true;
    if (backend != null) {
      if (backendEnded) {
        backend.closeAfterFlush();
      } else {
        backend.shutOutput();
      }
    }
  }

  /** The backend ends its half. */
  void endBackend(@Nullable BackendConnection backend, ClientStream client) {
    backendEnded = true;
    client.tunnelHalfClosed();
    if (clientEnded && backend != null) {
      // What the client sent last may still be on its way to the backend.
      backend.closeAfterFlush();
    }
  }
}
