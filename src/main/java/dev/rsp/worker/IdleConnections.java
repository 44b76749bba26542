// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.backend.BackendPools;
import dev.rsp.client.ClientConnections;
import dev.rsp.net.Evictions;
import dev.rsp.net.Evictions.Shortage;
import dev.rsp.net.NetLoop;

/** The idle connections of one loop, of clients and to backends. On its thread. */
final class IdleConnections implements Evictions.Source {
  private final NetLoop net;
  private final ClientConnections clients;
  private final BackendPools backends;

  /** Those of a loop. Any thread. */
  IdleConnections(NetLoop net, ClientConnections clients, BackendPools backends) {
    this.net = net;
    this.clients = clients;
    this.backends = backends;
  }

  @Override
  public void execute(Runnable task) {
    net.execute(task);
  }

  @Override
  public int evict(Shortage what, int most) {
    try {
      int closed = clients.evict(most);
      return what == Shortage.DESCRIPTORS ? closed + backends.evict(most) : closed;
    } catch (Throwable e) {
      net.failureLog().failed("idle connections were not closed", e);
      return 0;
    }
  }
}
