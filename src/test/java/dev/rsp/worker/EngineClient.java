// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import io.netty.handler.ssl.SslHandler;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * A client of TLS over an {@link EmbeddedPeer}, of whose handshake the test sends each byte itself.
 */
final class EngineClient {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final EmbeddedPeer peer;
  private final SSLEngine engine;
  private byte[] unread = new byte[0];
  private final ByteArrayOutputStream content = new ByteArrayOutputStream();

  /**
   * A client that has sent nothing yet.
   *
   * @param version such as TLSv1.3, or none for all that Java speaks
   * @param protocols offered by ALPN; none for no such extension
   */
  EngineClient(
      EmbeddedPeer peer, SSLContext context, String name, String version, String... protocols) {
    this.peer = peer;
    engine = context.createSSLEngine(name, 443);
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(name)));
    parameters.setApplicationProtocols(protocols);
    if (!version.isEmpty()) {
      parameters.setProtocols(new String[] {version});
    }
    engine.setSSLParameters(parameters);
  }

  EmbeddedPeer peer() {
    return peer;
  }

  SSLEngine engine() {
    return engine;
  }

  /** The engine of the proxy; null before it has one, and when the connection is closed. */
  static @Nullable SSLEngine engineOf(EmbeddedPeer peer) {
    SslHandler handler = peer.socket().pipeline().get(SslHandler.class);
    return handler == null ? null : handler.engine();
  }

  boolean shaken() {
    return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
        && !engine.getSession().getProtocol().equals("NONE");
  }

  /** What it has to send now; empty if it waits. */
  byte[] flight() throws SSLException {
    var out = new ByteArrayOutputStream();
    if (engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING && !shaken()) {
      engine.beginHandshake();
    }
    runTasks();
    while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
      out.writeBytes(wrapped(NOTHING.duplicate()));
      runTasks();
    }
    return out.toByteArray();
  }

  private void runTasks() {
    while (engine.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
      engine.getDelegatedTask().run();
    }
  }

  private byte[] wrapped(ByteBuffer plain) throws SSLException {
    var out = new ByteArrayOutputStream();
    do {
      ByteBuffer record = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
      SSLEngineResult result = engine.wrap(plain, record);
      out.write(record.array(), 0, record.position());
      if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
        break;
      }
    } while (plain.hasRemaining());
    return out.toByteArray();
  }

  /** Takes in what has come from the proxy. */
  void take() throws SSLException {
    byte[] came = peer.take().getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer in = ByteBuffer.allocate(unread.length + came.length).put(unread).put(came).flip();
    boolean more = true;
    while (more && in.hasRemaining()) {
      runTasks();
      ByteBuffer plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
      SSLEngineResult result = engine.unwrap(in, plain);
      content.write(plain.array(), 0, plain.position());
      runTasks();
      more =
          result.getStatus() == SSLEngineResult.Status.OK
              && engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP;
    }
    unread = new byte[in.remaining()];
    in.get(unread);
  }

  /** Sends and takes in until the handshake is complete. */
  void shake() throws SSLException {
    for (int i = 0; i < 10 && !shaken(); i++) {
      peer.send(flight());
      take();
    }
    peer.send(flight());
    take();
  }

  /** These bytes, encrypted. */
  byte[] encrypted(String text) throws SSLException {
    return wrapped(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
  }

  void send(String text) throws SSLException {
    peer.send(encrypted(text));
  }

  /** The close_notify that ends its side. */
  byte[] closeNotify() throws SSLException {
    engine.closeOutbound();
    return wrapped(NOTHING.duplicate());
  }

  /** The fatal alert by which it ends the connection, as after a record that it cannot read. */
  byte[] fatalAlert() throws SSLException {
    ByteBuffer record = ByteBuffer.allocate(25).put(new byte[] {23, 3, 3, 0, 20}).rewind();
    try {
      engine.unwrap(record, ByteBuffer.allocate(engine.getSession().getApplicationBufferSize()));
    } catch (SSLException e) {
      return wrapped(NOTHING.duplicate());
    }
    throw new AssertionError("it takes a record that is none");
  }

  /** All content that has come. */
  String received() throws SSLException {
    take();
    return content.toString(StandardCharsets.ISO_8859_1);
  }
}
