// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.tls.TlsProvider;
import dev.rsp.referee.End;
import dev.rsp.referee.Violation;
import dev.rsp.referee.Watch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connection with the proxy that does what the test says and nothing else. Text is one
 * character per byte. Nothing waits longer than {@value #PATIENCE_MILLIS} ms. What the proxy writes
 * to it is judged when the {@link Rig} closes.
 */
final class Peer implements AutoCloseable {
  static final int PATIENCE_MILLIS = 10_000;

  private final Socket socket;
  private final Watch watch;
  private final InputStream in;
  private final OutputStream out;

  /** A peer whose part in HTTP a referee knows. */
  Peer(Socket socket, Watch watch) throws IOException {
    this.socket = socket;
    this.watch = watch;
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    in = watch.over(socket.getInputStream());
    out = watch.over(socket.getOutputStream());
  }

  void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  void send(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  /** Reads exactly as many bytes as the text has, and compares. */
  void expect(String text) throws IOException {
    byte[] read = in.readNBytes(text.length());
    assertEquals(text, new String(read, StandardCharsets.ISO_8859_1));
  }

  /** Reads to the end of a head. */
  String head() throws IOException {
    var head = new ByteArrayOutputStream();
    String text = "";
    while (!text.endsWith("\r\n\r\n")) {
      int octet = in.read();
      if (octet < 0) {
        throw new AssertionError("the connection ended after: " + text);
      }
      head.write(octet);
      text = head.toString(StandardCharsets.ISO_8859_1);
    }
    return text;
  }

  /** Reads a head and compares its first line. */
  String head(String line) throws IOException {
    String head = head();
    assertEquals(line, head.substring(0, head.indexOf('\r')));
    return head;
  }

  /** Reads a whole answer of the proxy's own. */
  void expectRefusal(int status, String why) throws IOException {
    String head = head();
    assertEquals("HTTP/1.1 " + status, head.substring(0, 12));
    expect(status + " " + why + "\n");
  }

  /** The other side sends nothing more. */
  void expectEnd() throws IOException {
    assertEquals("", new String(in.readAllBytes(), StandardCharsets.ISO_8859_1));
  }

  /** The connection breaks, after whatever may still come. */
  void expectReset() {
    assertThrows(SocketException.class, () -> in.readAllBytes());
  }

  /** The connection ends, no matter how. */
  void expectGone() {
    try {
      in.transferTo(OutputStream.nullOutputStream());
    } catch (SocketException reset) {
      return;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Its TLS handshake fails, because of the other side. */
  void expectHandshakeFailure() {
    IOException failure = assertThrows(IOException.class, ((SSLSocket) socket)::startHandshake);
    boolean early =
        failure instanceof SocketException && TlsProvider.ofThisRun().refusesCertificatesEarly();
    assertTrue(failure instanceof SSLException || early, () -> "" + failure);
  }

  /** Reads so many bytes, whatever they are. */
  byte[] read(int bytes) throws IOException {
    byte[] read = in.readNBytes(bytes);
    assertEquals(bytes, read.length);
    return read;
  }

  /** Nothing comes for a moment; only to be used where something wrong would come at once. */
  void expectSilence() throws IOException {
    socket.setSoTimeout(150);
    assertThrows(SocketTimeoutException.class, () -> in.read());
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  void shutOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** Breaks the connection. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /** What came until the connection ended, and how it did. */
  record Rest(String text, End end) {}

  Rest rest() throws IOException {
    var rest = new ByteArrayOutputStream();
    End end = End.FIN;
    try {
      in.transferTo(rest);
    } catch (SocketException reset) {
      end = End.RESET;
    }
    return new Rest(rest.toString(StandardCharsets.ISO_8859_1), end);
  }

  /** Reads what is left, once the proxy has closed its side, and hears the referee. */
  @Nullable Violation verdict() throws IOException {
    if (!socket.isClosed()) {
      try {
        in.transferTo(OutputStream.nullOutputStream());
      } catch (SocketException | SSLException reset) {
        // The referee has seen it.
      }
    }
    watch.ended(End.UNSEEN);
    return watch.violation();
  }

  Socket socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
