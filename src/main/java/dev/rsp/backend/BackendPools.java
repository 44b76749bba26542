// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.config.BackendTls;
import dev.rsp.config.Place;
import dev.rsp.config.Protocol;
import dev.rsp.exchange.BackendEvents;
import dev.rsp.exchange.BackendStream;
import dev.rsp.exchange.Backends;
import dev.rsp.exchange.ConnectFailure;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.QueuedRequest;
import dev.rsp.exchange.Service;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.net.NetLoop;
import dev.rsp.net.tls.BackendHandshakes;
import dev.rsp.proxy.ProxyVersion;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The idle connections of one loop to backends, by place, and the requests that are queued for a
 * place. The connection used last is used next, so that only as many as the load needs stay and the
 * others time out.
 */
public final class BackendPools implements Backends {
  /**
   * To how many backends one client stays authenticated. A browser uses a connection for one site;
   * more are those of a client that sends credentials to every site there is.
   */
  private static final int MAX_BOUND = 16;

  private final LoopState loop;
  private final NetLoop net;
  private final Dialect http;
  private final Dialect uwsgi;
  private final Dialect http2;

  /** Empty pools are removed: scripts can name any number of places. */
  private final Map<Place, Pool> pools = new HashMap<>();

  /** Idle connections that belong to one client each; null until there is one. */
  private @Nullable BoundConnections<BackendConnection> bound;

  private final IdleAges idleAges = new IdleAges();
  private final RefusingPlaces refusing = new RefusingPlaces();

  /** The pool of one place. */
  private static final class Pool {
    private final ArrayDeque<BackendConnection> idle = new ArrayDeque<>();
    private @Nullable ConnectQueue queue;

    /** Those that carry many requests at a time and are not idle, or are being opened. */
    private @Nullable List<BackendConnection> busy;

    /** Whether the place was one of the configuration's slots when the queue was made. */
    private boolean listed;
  }

  /**
   * No pools yet. Any thread.
   *
   * @param http the dialect for places of that protocol
   * @param uwsgi the same
   * @param http2 for both protocols of HTTP/2
   */
  public BackendPools(LoopState loop, Dialect http, Dialect uwsgi, Dialect http2) {
    this.loop = loop;
    this.net = loop.net();
    this.http = http;
    this.uwsgi = uwsgi;
    this.http2 = http2;
  }

  private Dialect dialect(Place place) {
    return switch (place.protocol()) {
      case UWSGI -> uwsgi;
      case H2C, H2 -> http2;
      case HTTP, HTTPS -> http;
    };
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
  public @Nullable BackendStream reuse(
      Place place, Hop client, boolean repeatable, boolean firstInQueue) {
    BoundConnections<BackendConnection> known = bound;
    if (known != null) {
      BackendStream own = reuseOwn(known, place, client, repeatable);
      if (own != null) {
        return own;
      }
    }
    Pool pool = pools.get(place);
    if (pool == null || (pool.queue != null && !firstInQueue)) {
      return null;
    }
    BackendConnection shared = pool.busy == null ? null : withRoom(pool, place, client, true);
    if (shared != null) {
      return shared.reuse(place, false);
    }
    BackendConnection last = pool.idle.peekLast();
    while (last != null && (repeatable || !isOld(last))) {
      pool.idle.pollLast();
      BackendStream stream = last.reuse(place, !repeatable);
      if (stream != null) {
        return stream;
      }
      last.close();
      last = pool.idle.peekLast();
    }
    return null;
  }

  /**
   * One that takes one more request: the first, so that only as many stay as the load needs.
   *
   * @param open whether it is open, or is being opened
   */
  private @Nullable BackendConnection withRoom(Pool pool, Place place, Hop client, boolean open) {
    List<BackendConnection> busy = pool.busy;
    for (int i = 0; busy != null && i < busy.size(); i++) {
      if (busy.get(i).hasRoom(place, client, open)) {
        return busy.get(i);
      }
    }
    return null;
  }

  /** A connection carries requests, or is being opened, and others may join them. */
  void busy(BackendConnection connection) {
    Pool pool = pools.computeIfAbsent(connection.place(), p -> new Pool());
    if (pool.busy == null) {
      pool.busy = new ArrayList<>();
    }
    pool.busy.add(connection);
  }

  /** A connection carries no requests, or takes no more. */
  void notBusy(BackendConnection connection) {
    Pool pool = pools.get(connection.place());
    if (pool != null && pool.busy != null) {
      pool.busy.remove(connection);
      if (pool.busy.isEmpty()) {
        pool.busy = null;
      }
      removeIfEmpty(connection.place(), pool);
    }
  }

  /** What one request adds to the load of a place; to be closed. */
  Loads.Share share(Place place) {
    return loop.service().loads.share(place);
  }

  /** Whether the backend may be about to close a connection, and so those that are older. */
  private boolean isOld(BackendConnection idle) {
    long now = net.deadlines().nowMillis();
    return idle.isOld(idleAges.usableMillis(idle.place(), now));
  }

  /** A place has closed a connection that had been idle for so long. */
  void closedIdle(Place place, long millis) {
    idleAges.closed(place, millis, net.deadlines().nowMillis());
  }

  /** A client's own connection needs no room in the backend's queue. */
  private @Nullable BackendStream reuseOwn(
      BoundConnections<BackendConnection> known, Place place, Hop client, boolean repeatable) {
    InetSocketAddress source = place.sendProxy() == null ? null : client.source();
    Predicate<BackendConnection> fits = any -> any.isOf(source);
    BackendConnection own = known.poll(client, place, fits);
    while (own != null) {
      boolean usable = repeatable || own.authenticated() || !isOld(own);
      BackendStream stream = usable ? own.reuse(place, !repeatable) : null;
      if (stream != null) {
        return stream;
      }
      own.close();
      own = known.poll(client, place, fits);
    }
    return null;
  }

  @Override
  public void clientClosed(Hop client) {
    if (bound != null) {
      bound.of(client).forEach(BackendConnection::close);
    }
  }

  @Override
  public void connect(Place place, Hop client, BackendEvents exchange) {
    Pool known = pools.get(place);
    BackendConnection opening =
        known == null || known.busy == null ? null : withRoom(known, place, client, false);
    if (opening != null) {
      opening.join(exchange, client);
      return;
    }
    Channel channel;
    try {
      channel = net.openOutbound(place.unixPath() != null);
    } catch (ChannelException e) {
      boolean freed = net.freesDescriptors(e);
      Channel second = freed ? openAgain(place) : null;
      if (second == null) {
        connectFailed(place, place.text(), e);
        exchange.connecting(null);
        // As for a full queue: descriptors are free soon, and the request waits for that.
        exchange.connectFailed(freed ? ConnectFailure.FULL : ConnectFailure.EXHAUSTED);
        return;
      }
      channel = second;
    }
    Service service = loop.service();
    BackendConnection connection;
    try {
      BackendTls tls = place.tls();
      SslHandler handshake =
          tls == null
              ? null
              : BackendHandshakes.of(tls, place.protocol() == Protocol.H2)
                  .handler(net.allocator(), place);
      connection =
          new BackendConnection(this, net, service, dialect(place), place, channel, handshake);
      ProxyVersion version = place.sendProxy();
      if (version != null) {
        connection.introduce(client, version);
      }
    } catch (Throwable e) {
      channel.unsafe().closeForcibly();
      throw e;
    }
    Terms terms = loop.terms();
    connection.connect(exchange, client, terms.timeouts.connectMillis());
  }

  /** The descriptors of connections that were closed may be free now, or only in the next turn. */
  private @Nullable Channel openAgain(Place place) {
    try {
      return net.openOutbound(place.unixPath() != null);
    } catch (ChannelException e) {
      return null;
    }
  }

  /** Keeps why a connect failed, for the log. */
  void connectFailed(Place place, String address, @Nullable Throwable cause) {
    loop.backendLog().connectFailed(place, address, cause);
  }

  /** A place has answered well. */
  void answered(Place place) {
    loop.backendLog().answered(place);
  }

  /**
   * Takes a connection that has become idle.
   *
   * @param owner the only client that may use it; null if all may
   * @param listed whether its place was one of the configuration's slots when it was opened
   * @return for how many milliseconds it may be idle; -1 if it is not needed and not taken
   */
  int put(BackendConnection connection, @Nullable Hop owner, Place place, boolean listed) {
    Service service = loop.service();
    Terms terms = loop.terms();
    if (owner != null) {
      boolean needed = service.places.contains(place) || !listed;
      return needed ? putBound(connection, owner, place) : -1;
    }
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

  /**
   * It waits for its client's next request; one that is authenticated for as long as the client's
   * connection does. {@code limits.backend_idle} does not count it: without it the client could not
   * authenticate.
   */
  private int putBound(BackendConnection connection, Hop owner, Place place) {
    Terms terms = loop.terms();
    boolean authenticated = connection.authenticated();
    if (loop.draining() || (!authenticated && terms.limits.backendIdle() == 0)) {
      return -1;
    }
    BoundConnections<BackendConnection> known = bound;
    if (known == null) {
      known = new BoundConnections<>();
      bound = known;
    }
    known.add(owner, place, connection);
    BackendConnection oldest = known.oldestBeyond(MAX_BOUND, owner);
    if (oldest != null) {
      oldest.close();
    }
    return authenticated
        ? terms.timeouts.keepaliveMillis()
        : terms.timeouts.backendKeepaliveMillis();
  }

  /** Forgets a connection that has closed. */
  void forget(BackendConnection connection) {
    notBusy(connection);
    Hop owner = connection.owner();
    if (owner != null && bound != null) {
      bound.remove(owner, connection);
      return;
    }
    Pool pool = pools.get(connection.place());
    if (pool != null) {
      pool.idle.remove(connection);
      removeIfEmpty(connection.place(), pool);
    }
  }

  private void removeIfEmpty(Place place, Pool pool) {
    if (pool.idle.isEmpty() && pool.queue == null && pool.busy == null) {
      pools.remove(place);
    }
  }

  /** A connection was made. */
  void accepted(Place place) {
    refusing.accepted(place);
    Pool pool = pools.get(place);
    if (pool != null && pool.queue != null) {
      pool.queue.accepted();
    }
  }

  /**
   * Closes the idle connections to places that were listed and no longer are, and routes the
   * requests again that are queued for them.
   */
  public void keepOnly(Service service) {
    for (BackendConnection connection : allBound()) {
      if (connection.listed() && !service.places.contains(connection.place())) {
        connection.close();
      }
    }
    for (Map.Entry<Place, Pool> entry : new ArrayList<>(pools.entrySet())) {
      Pool pool = entry.getValue();
      ConnectQueue queue = pool.queue;
      if (queue != null && pool.listed && !service.places.contains(entry.getKey())) {
        net.guarded("a queue of requests failed", queue::routeAgain);
      }
      for (BackendConnection connection : new ArrayList<>(pool.idle)) {
        if (connection.listed() && !service.places.contains(connection.place())) {
          connection.close();
        }
      }
    }
  }

  /**
   * Closes the connections that have been idle longest and that all clients may use.
   *
   * @return how many were closed
   */
  public int evict(int most) {
    int closed = 0;
    BackendConnection oldest = oldestIdle();
    while (oldest != null && closed < most) {
      closed++;
      oldest.close();
      forget(oldest);
      oldest = oldestIdle();
    }
    return closed;
  }

  private @Nullable BackendConnection oldestIdle() {
    BackendConnection oldest = null;
    for (Pool pool : pools.values()) {
      BackendConnection first = pool.idle.peekFirst();
      if (first != null && (oldest == null || first.idleForMillis() > oldest.idleForMillis())) {
        oldest = first;
      }
    }
    return oldest;
  }

  private List<BackendConnection> allBound() {
    return bound == null ? List.of() : bound.all();
  }

  /** Closes all idle connections. */
  public void closeIdle() {
    for (BackendConnection connection : allBound()) {
      net.guarded("an idle connection was not closed", connection::close);
    }
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
    return pool != null && pool.queue != null && !refusesForLong(place);
  }

  private boolean refusesForLong(Place place) {
    int millis = loop.terms().timeouts.connectRetryMillis();
    return refusing.refusesFor(place, millis, net.deadlines().nowMillis());
  }

  @Override
  public boolean queue(Place place, QueuedRequest request, @Nullable ConnectFailure failure) {
    Pool known = pools.get(place);
    ConnectQueue queue = known == null ? null : known.queue;
    if (failure == ConnectFailure.FULL) {
      refusing.accepted(place); // a program listens
    } else if (failure != null) {
      refusing.refused(place, net.deadlines().nowMillis());
      boolean keepsPosition = queue != null && queue.holds(request);
      if (!keepsPosition && refusesForLong(place)) {
        return false;
      }
    }
    if (queue == null) {
      Pool pool = pools.computeIfAbsent(place, p -> new Pool());
      ConnectFailure why = failure == null ? ConnectFailure.FULL : failure;
      queue = new ConnectQueue(loop, place, why, () -> queueEmpty(place, pool));
      pool.queue = queue;
      pool.listed = loop.service().places.contains(place);
    }
    queue.join(request, failure);
    return true;
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

  /** Counts the connections that carry no request, by place. */
  public Map<Place, Integer> idle() {
    Map<Place, Integer> counts = new HashMap<>();
    pools.forEach((place, pool) -> counts.put(place, pool.idle.size()));
    allBound().forEach(connection -> counts.merge(connection.place(), 1, Integer::sum));
    return counts;
  }

  /** Counts the requests that are queued, by place. */
  public Map<Place, Integer> queues() {
    Map<Place, Integer> counts = new HashMap<>();
    pools.forEach(
        (place, pool) -> {
          if (pool.queue != null) {
            counts.put(place, pool.queue.size());
          }
        });
    return counts;
  }

  /** How many requests are queued. */
  public int queued() {
    return pools.values().stream()
        .mapToInt(pool -> pool.queue == null ? 0 : pool.queue.size())
        .sum();
  }
}
