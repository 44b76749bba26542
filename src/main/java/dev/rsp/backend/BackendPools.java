// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.config.Place;
import dev.rsp.config.Protocol;
import dev.rsp.exchange.BackendEvents;
import dev.rsp.exchange.BackendStream;
import dev.rsp.exchange.Backends;
import dev.rsp.exchange.ConnectFailure;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.QueuedRequest;
import dev.rsp.exchange.Service;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.net.NetLoop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The idle connections of one loop to backends, by place, and the requests that are queued for a
 * place. The connection used last is used next, so that only as many as the load needs stay and the
 * others time out.
 */
public final class BackendPools implements Backends {
  private final LoopState loop;
  private final NetLoop net;
  private final Dialect http;
  private final Dialect uwsgi;

  /** Empty pools are removed: scripts can name any number of places. */
  private final Map<Place, Pool> pools = new HashMap<>();

  /** The pool of one place. */
  private static final class Pool {
    private final ArrayDeque<BackendConnection> idle = new ArrayDeque<>();
    private @Nullable AcceptQueue queue;
  }

  /**
   * No pools yet. Any thread.
   *
   * @param http the dialect for places of that protocol
   * @param uwsgi the same
   */
  public BackendPools(LoopState loop, Dialect http, Dialect uwsgi) {
    this.loop = loop;
    this.net = loop.net();
    this.http = http;
    this.uwsgi = uwsgi;
  }

  private Dialect dialect(Place place) {
    return place.protocol() == Protocol.UWSGI ? uwsgi : http;
  }

  @Override
  public boolean needsLength(Place place) {
    return dialect(place).needsLength();
  }

  @Override
  public @Nullable Refusal unfit(Place place, RequestHead head, Hop hop, Terms terms) {
    return dialect(place).unfit(head, hop, terms);
  }

  // Connections ----------------------------------------------------------------------------------

  @Override
  public @Nullable BackendStream reuse(Place place, boolean repeatable, boolean firstInQueue) {
    Pool pool = pools.get(place);
    if (pool == null || (pool.queue != null && !firstInQueue)) {
      return null;
    }
    BackendConnection last = pool.idle.pollLast();
    while (last != null) {
      BackendStream stream = last.reuse(place, !repeatable);
      if (stream != null) {
        return stream;
      }
      last.close();
      last = pool.idle.pollLast();
    }
    return null;
  }

  @Override
  public void connect(Place place, BackendEvents exchange) {
    Channel channel;
    try {
      channel = net.openOutbound(place.unixPath() != null);
    } catch (ChannelException e) {
      loop.backendLog().noSocket(place, String.valueOf(e.getMessage()));
      exchange.connecting(null);
      exchange.connectFailed(ConnectFailure.EXHAUSTED);
      return;
    }
    Service service = loop.service();
    BackendConnection connection;
    try {
      connection = new BackendConnection(this, net, service, dialect(place), place, channel);
    } catch (Throwable e) {
      channel.unsafe().closeForcibly();
      throw e;
    }
    Terms terms = loop.terms();
    connection.connect(exchange, terms.timeouts.connectMillis());
  }

  /**
   * Takes a connection that has become idle.
   *
   * @param listed whether its place was one of the configuration's slots when it was opened
   * @return for how many milliseconds it may be idle; -1 if it is not needed and not taken
   */
  int put(BackendConnection connection, Place place, boolean listed) {
    Service service = loop.service();
    Terms terms = loop.terms();
    Pool pool = pools.computeIfAbsent(place, p -> new Pool());
    boolean kept =
        !loop.draining()
            && pool.idle.size() < terms.limits.backendIdle()
            && (service.places.contains(place) || !listed);
    if (!kept) {
      removeIfEmpty(place, pool);
      return -1;
    }
    pool.idle.addLast(connection);
    if (pool.queue != null) {
      pool.queue.connectionIdle();
    }
    return terms.timeouts.backendKeepaliveMillis();
  }

  /** Forgets a connection that has closed. */
  void forget(BackendConnection connection) {
    Pool pool = pools.get(connection.place());
    if (pool != null) {
      pool.idle.remove(connection);
      removeIfEmpty(connection.place(), pool);
    }
  }

  private void removeIfEmpty(Place place, Pool pool) {
    if (pool.idle.isEmpty() && pool.queue == null) {
      pools.remove(place);
    }
  }

  /** Closes the idle connections to places that were listed and no longer are. */
  public void keepOnly(Service service) {
    for (Pool pool : new ArrayList<>(pools.values())) {
      for (BackendConnection connection : new ArrayList<>(pool.idle)) {
        if (connection.listed() && !service.places.contains(connection.place())) {
          connection.close();
        }
      }
    }
  }

  /** Closes all idle connections. */
  public void closeIdle() {
    for (Pool pool : new ArrayList<>(pools.values())) {
      for (BackendConnection connection : new ArrayList<>(pool.idle)) {
        net.guarded("an idle connection was not closed", connection::close);
      }
    }
  }

  // Queues ---------------------------------------------------------------------------------------

  @Override
  public boolean isQueued(Place place) {
    Pool pool = pools.get(place);
    return pool != null && pool.queue != null;
  }

  @Override
  public void queue(Place place, QueuedRequest request) {
    Pool pool = pools.computeIfAbsent(place, p -> new Pool());
    AcceptQueue queue = pool.queue;
    if (queue == null) {
      queue = new AcceptQueue(loop, place, () -> queueEmpty(place, pool));
      pool.queue = queue;
    }
    queue.join(request);
  }

  private void queueEmpty(Place place, Pool pool) {
    pool.queue = null;
    removeIfEmpty(place, pool);
  }

  @Override
  public void leaveQueue(Place place, QueuedRequest request) {
    Pool pool = pools.get(place);
    if (pool != null && pool.queue != null) {
      pool.queue.leave(request);
    }
  }

  /** How many requests are queued. */
  public int queued() {
    return pools.values().stream()
        .mapToInt(pool -> pool.queue == null ? 0 : pool.queue.size())
        .sum();
  }
}
