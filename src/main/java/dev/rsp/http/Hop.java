// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The hop from a client to this proxy: what scripts and logs see of the client, and what rsp adds
 * to requests about it. Texts are made on first use.
 *
 * <p>If the peer is a trusted proxy, the client is the one that it names for the request at hand.
 * One per connection of a client, on its loop, for one request at a time.
 */
public final class Hop implements Client {
  private static final String UNIX = "unix:";

  /** Variants of the field lines, as bits. */
  private static final int HTTP_10 = 1;

  private static final int NO_PROTO = 2;
  private static final int NO_HOST = 4;

  /** Whether the client speaks HTTP/2: each of its requests has a hop of its own. */
  private boolean http2;

  private final String scheme;
  private final @Nullable SocketAddress remote;
  private final Supplier<@Nullable SocketAddress> local;
  private final @Nullable ClientTls tls;
  private @Nullable String peerText;

  /** The proxy that has named the peer for the whole connection; null if none has. */
  private @Nullable String carrier;

  /** Whom the peer was compared with last, and the result. */
  private TrustedProxies trusted = TrustedProxies.NONE;

  private boolean trustsPeer;

  /** The client of the request at hand as a trusted peer names it; null if it is the peer. */
  private @Nullable IpAddress named;

  private @Nullable String namedText;

  /** What a trusted peer says in Forwarded only; null if it does not. */
  private @Nullable String saidFor;

  private @Nullable String saidProto;
  private @Nullable String saidHost;

  /** The id of the request at hand; null if it has none. */
  private @Nullable String requestId;

  /** Where that id is added; null if the peer has sent it. */
  private @Nullable RequestIdField addsIdIn;

  /** The value of traceparent of the request at hand; null if none is added. */
  private @Nullable String traceParent;

  private byte @Nullable [] fields;
  private int fieldsVariant;
  private @Nullable String fieldsBy;

  /**
   * A hop.
   *
   * @param scheme of the client's connection: {@code http} or {@code https}
   * @param remote the peer's address, which is an IP address or a Unix socket
   * @param local says which address it connected to
   */
  public Hop(
      String scheme, @Nullable SocketAddress remote, Supplier<@Nullable SocketAddress> local) {
    this(scheme, remote, local, null);
  }

  /**
   * The same.
   *
   * @param tls the session of the client's connection; null if it is in clear
   */
  public Hop(
      String scheme,
      @Nullable SocketAddress remote,
      Supplier<@Nullable SocketAddress> local,
      @Nullable ClientTls tls) {
    this.scheme = scheme;
    this.remote = remote;
    this.local = local;
    this.tls = tls;
  }

  @Override
  public @Nullable ClientTls tls() {
    return tls;
  }

  /** Whether the peer is a trusted proxy. Cheap for the same {@code proxies} as before. */
  @SuppressWarnings("ReferenceEquality") // they change with a reload only
  public boolean trusts(TrustedProxies proxies) {
    if (proxies != trusted) {
      trusted = proxies;
      trustsPeer = proxies.trusts(remote);
    }
    return trustsPeer;
  }

  /**
   * The address for which the connection of the peer is counted.
   *
   * @return null if it has no IP address, or is a trusted proxy, whose clients are counted by
   *     request
   */
  public @Nullable InetAddress countedAddress(TrustedProxies proxies) {
    return remote instanceof InetSocketAddress socket && !trusts(proxies)
        ? socket.getAddress()
        : null;
  }

  /** The client speaks HTTP/2, although heads are in the layout of HTTP/1.1. */
  public void overHttp2() {
    http2 = true;
  }

  /** Whether the client speaks HTTP/2. */
  public boolean http2() {
    return http2;
  }

  /** The version of HTTP of a request: {@code 1.0}, {@code 1.1} or {@code 2.0}. */
  public String version(RequestHead head) {
    return version(head.http10);
  }

  private String version(boolean http10) {
    return http2 ? "2.0" : http10 ? "1.0" : "1.1";
  }

  /**
   * Begins a request.
   *
   * @param head read only during this call
   * @param proxies who is trusted for as long as the request lasts
   * @param idField in which requests carry an id; null if they carry none
   */
  public void begin(RequestHead head, TrustedProxies proxies, @Nullable RequestIdField idField) {
    end();
    boolean trusts = trusts(proxies);
    if (idField != null) {
      String said = trusts ? idField.in(head) : null;
      requestId = said == null ? RequestIdField.next() : said;
      addsIdIn = said == null ? idField : null;
    }
    if (!trusts) {
      return;
    }
    boolean list = head.has(FieldName.X_FORWARDED_FOR);
    if (list) {
      named = ForwardingChain.read(head, proxies, FieldName.X_FORWARDED_FOR).client();
    }
    if (head.has(FieldName.FORWARDED)) {
      ForwardingChain said = ForwardingChain.read(head, proxies, FieldName.FORWARDED);
      saidProto = said.proto();
      saidHost = said.host();
      IpAddress client = said.client();
      if (!list && client != null) {
        named = client;
        saidFor = text();
      }
    }
  }

  /** The request has ended: what the peer said is forgotten. */
  public void end() {
    named = null;
    namedText = null;
    saidFor = null;
    saidProto = null;
    saidHost = null;
    requestId = null;
    addsIdIn = null;
    traceParent = null;
  }

  /** The id of the request at hand; null if requests carry none. */
  public @Nullable String requestId() {
    return requestId;
  }

  /** Tells the backend of the request at hand in which trace it is. */
  public void traceParent(TraceParent parent) {
    traceParent = parent.text();
  }

  /** What the backend is told in traceparent; null if rsp says nothing there. */
  public @Nullable String traceParent() {
    return traceParent;
  }

  /** Whether the peer of the request at hand is a trusted proxy. */
  public boolean trusted() {
    return trustsPeer;
  }

  /**
   * The client that a trusted proxy names for the request at hand, to be counted for limits.
   *
   * @return null if it names none, or another trusted proxy
   */
  public @Nullable InetAddress namedClient() {
    IpAddress client = named;
    return client == null || trusted.contains(client) ? null : client.toInetAddress();
  }

  @Override
  public String text() {
    IpAddress client = named;
    if (client == null) {
      return peerText();
    }
    if (namedText == null) {
      namedText = client.text();
    }
    return namedText;
  }

  private String peerText() {
    if (peerText == null) {
      peerText = text(remote);
    }
    return peerText;
  }

  private static String text(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress socket
        ? IpAddress.of(socket.getAddress()).text()
        : UNIX;
  }

  private boolean peerHasAddress() {
    return remote instanceof InetSocketAddress;
  }

  /** A proxy with this address has named the peer for the whole connection. */
  public void carriedBy(@Nullable SocketAddress proxy) {
    carrier = text(proxy);
  }

  @Override
  public @Nullable String sender() {
    return carrier != null ? carrier : named == null ? null : peerText();
  }

  /** The client's address for applications; empty if it has no IP address. */
  public String client() {
    return named == null && !peerHasAddress() ? "" : text();
  }

  /**
   * What this hop adds to X-Forwarded-For: the peer's address, after the client that only Forwarded
   * names. Empty if it knows no address.
   */
  public String forwardedFor() {
    String peer = peerHasAddress() ? peerText() : "";
    if (saidFor == null) {
      return peer;
    }
    return peer.isEmpty() ? saidFor : saidFor + ", " + peer;
  }

  /** The client's port; 0 if it is not known. */
  public int clientPort() {
    return named == null ? port(remote) : 0;
  }

  /**
   * The client's address for the next hop, with port 0 if that is not known; null if it has none.
   */
  public @Nullable InetSocketAddress source() {
    IpAddress client = named;
    if (client != null) {
      return new InetSocketAddress(client.toInetAddress(), 0);
    }
    return remote instanceof InetSocketAddress socket ? socket : null;
  }

  /** The address that the peer connected to; null if it is not known. */
  public @Nullable SocketAddress destination() {
    return local.get();
  }

  /** The port that the peer connected to; 0 if it has none. */
  public int serverPort() {
    return port(local.get());
  }

  @Override
  public String scheme() {
    return saidProto == null ? scheme : saidProto;
  }

  /** The host that a trusted peer was asked for, as it says in Forwarded; else the one given. */
  public String forwardedHost(String host) {
    return saidHost == null ? host : saidHost;
  }

  /**
   * The value of this hop's Via field (RFC 9110 §7.6.3).
   *
   * @param head the request at hand
   * @param viaName the name of this proxy
   */
  public String via(RequestHead head, String viaName) {
    return version(head) + " " + viaName;
  }

  private static int port(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress socket ? socket.getPort() : 0;
  }

  /** Whether this hop says the scheme of a request: a trusted proxy has not said it. */
  public boolean addsProto(RequestHead head) {
    return !trustsPeer || !head.has(FieldName.X_FORWARDED_PROTO);
  }

  /** Whether this hop says the host of a request: a trusted proxy has not said it. */
  public boolean addsHost(RequestHead head) {
    return !trustsPeer || !head.has(FieldName.X_FORWARDED_HOST);
  }

  /**
   * The field lines for an HTTP backend: complete ones; or, if the host of the request is the value
   * of X-Forwarded-Host, up to that value. Read-only.
   *
   * @param head the request at hand
   * @param viaName as of {@link #via}; null for no Via
   */
  public byte[] fieldLines(RequestHead head, @Nullable String viaName) {
    int variant =
        (head.http10 ? HTTP_10 : 0)
            | (addsProto(head) ? 0 : NO_PROTO)
            | (addsHost(head) ? 0 : NO_HOST);
    if (saidFor != null || saidProto != null || saidHost != null) {
      return withOwn(lines(variant, viaName).getBytes(StandardCharsets.US_ASCII));
    }
    if (fields == null || fieldsVariant != variant || !Objects.equals(viaName, fieldsBy)) {
      fields = lines(variant, viaName).getBytes(StandardCharsets.US_ASCII);
      fieldsVariant = variant;
      fieldsBy = viaName;
    }
    return addsIdIn == null && traceParent == null ? fields : withOwn(fields);
  }

  /** The lines of the request's id and trace in front of others. */
  private byte[] withOwn(byte[] others) {
    RequestIdField in = addsIdIn;
    String own = in == null ? "" : in.name() + ": " + requestId + "\r\n";
    if (traceParent != null) {
      own += TraceParent.NAME + ": " + traceParent + "\r\n";
    }
    byte[] line = own.getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(line, line.length + others.length);
    System.arraycopy(others, 0, all, line.length, others.length);
    return all;
  }

  /** The name of the variable in which this hop adds the request's id; null if it adds none. */
  public @Nullable String addsIdVariable() {
    return addsIdIn == null ? null : addsIdIn.variable();
  }

  private String lines(int variant, @Nullable String viaName) {
    StringBuilder lines = new StringBuilder();
    if (viaName != null) {
      lines
          .append("Via: ")
          .append(version((variant & HTTP_10) != 0))
          .append(' ')
          .append(viaName)
          .append("\r\n");
    }
    String forwardedFor = forwardedFor();
    if (!forwardedFor.isEmpty()) {
      lines.append("X-Forwarded-For: ").append(forwardedFor).append("\r\n");
    }
    if (tls != null && tls.verified() != null) {
      lines.append(ClientTls.VERIFY_FIELD).append(": ").append(tls.verified()).append("\r\n");
      if (!String.valueOf(tls.subject()).isEmpty()) {
        lines.append(ClientTls.SUBJECT_FIELD).append(": ").append(tls.subject()).append("\r\n");
      }
    }
    if ((variant & NO_PROTO) == 0) {
      lines.append("X-Forwarded-Proto: ").append(scheme()).append("\r\n");
    }
    if ((variant & NO_HOST) == 0) {
      lines.append("X-Forwarded-Host: ");
      if (saidHost != null) {
        lines.append(saidHost).append("\r\n");
      }
    }
    return lines.toString();
  }
}
