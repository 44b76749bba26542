// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/**
 * One end of a connection with the proxy that does what the test says and nothing else. Text is one
 * character per byte. Nothing waits longer than {@value #PATIENCE_MILLIS} ms.
 */
final class Peer implements AutoCloseable {
  static final int PATIENCE_MILLIS = 10_000;

  private final Socket socket;
  private final InputStream in;

  Peer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    in = socket.getInputStream();
  }

  void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
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

  Socket socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
