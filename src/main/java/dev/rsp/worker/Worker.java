// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.backend.BackendPools;
import dev.rsp.backend.h1.Http1Dialect;
import dev.rsp.backend.h2.Http2Dialect;
import dev.rsp.backend.uwsgi.UwsgiDialect;
import dev.rsp.client.ClientConnection;
import dev.rsp.client.ClientConnections;
import dev.rsp.client.HandshakeCounters;
import dev.rsp.client.Openings;
import dev.rsp.client.h1.Http1Connection;
import dev.rsp.client.h1.Http1Resources;
import dev.rsp.client.h2.Http2Counters;
import dev.rsp.client.h2.Http2Resources;
import dev.rsp.config.ListenOptions;
import dev.rsp.exchange.Backends;
import dev.rsp.exchange.Counters;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.RequestCounts;
import dev.rsp.exchange.Service;
import dev.rsp.exchange.Terms;
import dev.rsp.http.h1.DateField;
import dev.rsp.journal.HostCounts;
import dev.rsp.net.Acceptor;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.MemoryBudget;
import dev.rsp.net.NetLoop;
import dev.rsp.net.Shortages;
import dev.rsp.net.Transport;
import dev.rsp.wake.Starter;
import io.netty.channel.Channel;
import java.util.function.Consumer;

/**
 * One event loop with all its parts: its network, client connections, backend connections, and the
 * service for new exchanges.
 *
 * <p>Workers share only counts and the starter of sites. Unless a method says otherwise, it is
 * called on the loop's own thread.
 */
public final class Worker implements Acceptor {
  private final NetLoop net;
  private final LoopState state;
  private final BackendPools backends;
  private final ClientConnections clients;
  private final Shortages shortages;
  private final Http1Resources http1;
  private final Http2Resources http2;
  private final Openings openings;
  private final MemoryRelief relief;

  /**
   * Starts a worker that serves nothing yet. Any thread.
   *
   * @param connections counts client connections over all loops
   */
  public Worker(Transport transport, int number, ConnectionCount connections) {
    this(transport, number, connections, new MemoryBudget(), new Starter());
  }

  /**
   * Starts a worker that serves nothing yet. Any thread.
   *
   * @param connections counts client connections over all loops
   * @param budget bounds the buffers of all loops
   * @param starter starts sites for all loops
   */
  public Worker(
      Transport transport,
      int number,
      ConnectionCount connections,
      MemoryBudget budget,
      Starter starter) {
    this(new NetLoop(transport, number, budget), connections, starter);
  }

  /** Uses an existing loop, whose timer is not started. Any thread. */
  public Worker(NetLoop net, ConnectionCount connections, Starter starter) {
    this.net = net;
    this.state = new LoopState(net, connections, starter);
    this.backends =
        new BackendPools(
            state,
            new Http1Dialect(net.allocator()),
            new UwsgiDialect(net.allocator()),
            new Http2Dialect(state));
    this.clients = new ClientConnections(net);
    this.shortages =
        new Shortages(net, connections.evictions(), new IdleConnections(net, clients, backends));
    this.http1 = new Http1Resources(state, backends, clients, new DateField(), shortages);
    this.http2 = new Http2Resources(state, backends, clients, new DateField());
    this.openings = new Openings(state, clients, shortages, new ClientProtocols(http1, http2));
    this.relief = new MemoryRelief(net.memory());
    net.startTimer(this::tick);
  }

  private int tick() {
    return relief.tick(clients.all());
  }

  @Override
  public NetLoop net() {
    return net;
  }

  @Override
  public void adopt(Channel channel, ListenOptions options) {
    if (options.beginsWithHttp1()) {
      Http1Connection.serve(http1, channel, options);
    } else {
      openings.open(channel, options);
    }
  }

  /** Activates a service, and closes idle connections to places that it does not list. */
  public void serve(Service newer) {
    state.serve(newer);
    Terms terms = newer.terms;
    net.memory().configure(terms.limits.memoryBytes());
    backends.keepOnly(newer);
  }

  /**
   * Ends every connection with its next response, which says so. If an idle connection were closed
   * instead, its client could lose a request.
   */
  public void retire() {
    state.retire();
  }

  /** Lets requests in flight finish, and closes connections that wait for the next one. */
  public void drain() {
    state.stop();
    clients.drain();
    backends.closeIdle();
  }

  /** Closes every connection at once. */
  public void closeAll() {
    clients.closeAll();
    backends.closeIdle();
  }

  /** Hands the lines of the access log over to the thread that writes them. */
  public void flushAccessLog() {
    state.flushAccessLog();
  }

  /** Hands the sums of hosts over to the thread that adds them up. */
  public void flushUsage() {
    state.flushUsage();
  }

  /** Passes the counts of hosts on, and continues with an empty table. Any thread. */
  public void takeHosts(HostCounts empty, Consumer<HostCounts> full) {
    net.execute(
        () -> {
          HostCounts counts = empty; // the caller waits for a table in any case
          try {
            counts = state.hosts().swap(empty);
          } catch (Throwable e) {
            net.failureLog().failed("host counts not passed to the journal", e);
          }
          full.accept(counts);
        });
  }

  /** What the loop has now. */
  public LoopUse use() {
    return new LoopUse(
        backends.idle(),
        backends.queues(),
        state.cachedHosts(),
        requests().busyHosts(System.nanoTime()),
        state.calls());
  }

  /** The requests of this loop by slot. Any thread. */
  public RequestCounts requests() {
    return state.requests();
  }

  /** How many client connections there are. */
  public int clientCount() {
    return clients.count();
  }

  /** How many requests have begun and have not ended. */
  int begun() {
    return (int) clients.all().stream().filter(ClientConnection::hasExchange).count();
  }

  /** How many requests are queued for a place. */
  int queued() {
    return backends.queued();
  }

  /** Bytes sent on, to clients and backends, that the kernel has not taken yet. */
  long unsentBytes() {
    return clients.all().stream().mapToLong(ClientConnection::unsentBytes).sum();
  }

  /** Runs a task on the loop. Any thread. */
  public void execute(Runnable task) {
    net.execute(task);
  }

  /** Stops the loop's thread and closes its connections. Any thread. */
  public void shutDown() {
    shortages.end();
    net.shutDown();
  }

  /** What the exchanges share. */
  LoopState state() {
    return state;
  }

  /** The source of the exchanges' backend streams. */
  Backends backends() {
    return backends;
  }

  /** How the exchanges of this loop ended. Any thread. */
  public Counters counters() {
    return state.counters();
  }

  /** How TLS handshakes of this loop ended. Any thread. */
  public HandshakeCounters handshakes() {
    return openings.handshakes();
  }

  /** What happened on the HTTP/2 connections of this loop. Any thread. */
  public Http2Counters http2() {
    return http2.counters();
  }

  /** Bytes that the allocator of this loop's buffers has from the system. Any thread. */
  public long allocatedBytes() {
    return net.memory().allocatedBytes();
  }
}
