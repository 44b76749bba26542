// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import dev.rsp.config.BackendTls;
import dev.rsp.config.Place;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Makes the handlers for TLS with backends of the same settings, whose sessions it keeps: a second
 * connection to a backend resumes that of the first. Shared by all loops; any thread.
 */
public final class BackendHandshakes {
  /** The protocol that is offered by ALPN (RFC 7301) for HTTP/2: RFC 9113 §3.2. */
  public static final String HTTP2 = ApplicationProtocolNames.HTTP_2;

  /** RFC 9110 §4.3.4: the certificate must match the name; by the rules of RFC 6125. */
  private static final String CHECK_NAMES = "HTTPS";

  /**
   * All that are in use: a reload that changes nothing keeps the sessions. Weak, because the memory
   * of BoringSSL is freed when the last service and the last connection have left them.
   */
  private static final Map<Key, WeakReference<BackendHandshakes>> KNOWN = new HashMap<>();

  /** What the context of some backends is made of. */
  private record Key(BackendTls settings, boolean http2) {}

  private final SslContext context;
  private final boolean verified;

  private BackendHandshakes(BackendTls settings, SslContext context) {
    this.context = context;
    this.verified = settings.verified();
  }

  /**
   * Those for some settings. Makes them if nobody has them; that takes some milliseconds, so a
   * service does it before it is active.
   *
   * @param http2 whether HTTP/2 is offered, and nothing else; otherwise there is no ALPN
   */
  public static BackendHandshakes of(BackendTls settings, boolean http2) {
    Key key = new Key(settings, http2);
    synchronized (KNOWN) {
      WeakReference<BackendHandshakes> kept = KNOWN.get(key);
      BackendHandshakes known = kept == null ? null : kept.get();
      if (known == null) {
        KNOWN.values().removeIf(one -> one.get() == null);
        known = new BackendHandshakes(settings, context(settings, http2, TlsPolicy.isNative()));
        KNOWN.put(key, new WeakReference<>(known));
      }
      return known;
    }
  }

  /** The same that nobody else has, for a given engine. */
  static BackendHandshakes with(BackendTls settings, boolean isNative) {
    return new BackendHandshakes(settings, context(settings, false, isNative));
  }

  private static SslContext context(BackendTls settings, boolean http2, boolean isNative) {
    try {
      SslContextBuilder builder = TlsPolicy.apply(SslContextBuilder.forClient(), isNative);
      if (isNative) {
        // Freed by the garbage collector: who uses it last is not known.
        builder.sslProvider(SslProvider.OPENSSL);
      }
      if (settings.verified()) {
        builder.trustManager(new PeerTrust(trusting(settings.authorities())));
      } else {
        builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
      }
      if (http2) {
        builder.applicationProtocolConfig(
            new ApplicationProtocolConfig(
                Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE,
                SelectedListenerFailureBehavior.ACCEPT,
                HTTP2));
      }
      if (settings.key() != null) {
        builder.keyManager(settings.key(), settings.chain());
      }
      // The handler sets it for each connection, with the name.
      return builder.endpointIdentificationAlgorithm(null).build();
    } catch (SSLException | GeneralSecurityException e) {
      throw new IllegalStateException("TLS to backends cannot be set up", e);
    }
  }

  private static X509ExtendedTrustManager trusting(List<X509Certificate> authorities)
      throws GeneralSecurityException, SSLException {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (int i = 0; i < authorities.size(); i++) {
        store.setCertificateEntry(Integer.toString(i), authorities.get(i));
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store);
      return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    } catch (IOException e) {
      throw new SSLException(e);
    }
  }

  /**
   * A handler for one connection. It has no timeouts of its own: its owner closes a connection
   * whose handshake takes too long.
   *
   * @param place whose name the certificate must be for; that name is sent too (RFC 6066 §3)
   */
  public SslHandler handler(ByteBufAllocator allocator, Place place) {
    String name = place.certificateName();
    InetSocketAddress address = place.address();
    int port = address == null ? -1 : address.getPort();
    // The engine finds sessions by name and port.
    SslHandler handler = context.newHandler(allocator, name, port);
    handler.setHandshakeTimeoutMillis(0);
    handler.setCloseNotifyFlushTimeoutMillis(0);
    SSLEngine engine = handler.engine();
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm(verified ? CHECK_NAMES : null);
    SNIHostName sent = sentName(name);
    if (sent != null) {
      parameters.setServerNames(List.of(sent));
    }
    engine.setSSLParameters(parameters);
    return handler;
  }

  /** RFC 6066 §3: a host name, no IP address; the JDK sends none without a dot by itself. */
  private static @Nullable SNIHostName sentName(String name) {
    if (name.isEmpty() || NetUtil.isValidIpV4Address(name) || NetUtil.isValidIpV6Address(name)) {
      return null;
    }
    try {
      return new SNIHostName(name);
    } catch (IllegalArgumentException e) {
      return null; // as with an underscore: RFC 6066 has no form for it
    }
  }

  /** Whether a handshake failed because the peer's certificate was not accepted. */
  public static boolean isCertificate(Throwable cause) {
    Throwable at = cause;
    while (at != null && !(at instanceof CertificateException)) {
      at = at.getCause();
    }
    return at != null;
  }

  /** Whether a handshake failed because the peer does not speak what was offered by ALPN. */
  public static boolean isAlpn(Throwable cause) {
    // RFC 7301 §3.2: the alert no_application_protocol, as both engines spell it.
    String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    return text.contains("no_application_protocol");
  }

  /**
   * The failure of a handshake for an operator.
   *
   * @param fault the last error of the socket; null if none
   */
  public static Throwable explained(Throwable cause, @Nullable Throwable fault) {
    if (cause instanceof NotSslRecordException) {
      return new IOException("it does not speak TLS at this address");
    }
    if (cause instanceof ClosedChannelException) {
      return new IOException(
          "it closed the connection in the TLS handshake"
              + (fault == null ? "" : ": " + fault.getMessage()));
    }
    return cause;
  }
}
