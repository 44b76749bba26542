// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.certs.TestCa;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The PROXY header in front of requests, on real sockets. */
@EachTransport
@Timeout(20)
final class SendProxyTransportTest extends RigTest {
  @TempDir Path directory;

  private void sendTo(String address) throws Exception {
    rig.reload("backends = { { name = 'a', address = '" + address + "', send_proxy = 'v1' } }");
  }

  /** Reads a header and a request, and answers. */
  private void serve(InputStream in, OutputStream out) throws Exception {
    StringBuilder received = new StringBuilder();
    while (received.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      assertTrue(next >= 0, "ended after " + received);
      received.append((char) next);
    }
    String host = rig.address().getHostAddress();
    assertTrue(
        received
            .toString()
            .matches(
                "(?s)PROXY TCP4 127\\.[0-9.]+ " + host + " [0-9]+ [0-9]+\r\nGET / HTTP/1.1\r\n.*"),
        received.toString());
    out.write(ok("1").getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  @Test
  void isSentToAPort() throws Exception {
    try (ServerSocket listening = Rig.listen(rig.address(), 0)) {
      sendTo(rig.address().getHostAddress() + ":" + listening.getLocalPort());
      Peer client = rig.client(GET);
      try (Socket backend = listening.accept()) {
        serve(backend.getInputStream(), backend.getOutputStream());
        client.expect(ok("1"));
      }
    }
  }

  /** In clear, in front of the handshake. */
  @Test
  void isSentBeforeTls() throws Exception {
    TestCa ca = TestCa.create();
    Path file = Files.writeString(directory.resolve("ca.pem"), ca.rootPem());
    try (var listening = new TlsBackend(rig, ca.ecdsa("a.example"))) {
      String entry = listening.entry("ca = '" + file + "', name = 'a.example'");
      rig.reload("backends = { " + entry.replaceFirst("\\{", "{ send_proxy = 'v1', ") + " }");
      Peer client = rig.client(GET);
      try (Socket raw = listening.raw()) {
        String header = line(raw.getInputStream());
        assertTrue(header.matches("PROXY TCP4 127\\.[0-9.]+ 127\\.[0-9. ]+\r\n"), header);
        Peer backend = rig.backend(listening.shake(raw));
        backend.head();
        backend.send(ok("1"));
        client.expect(ok("1"));
      }
    }
  }

  /** Reads no byte beyond the line. */
  private static String line(InputStream in) throws Exception {
    StringBuilder line = new StringBuilder();
    while (line.indexOf("\n") < 0) {
      int next = in.read();
      assertTrue(next >= 0, "ended after " + line);
      line.append((char) next);
    }
    return line.toString();
  }

  /** Such a connection is open at once, before anybody waits for it. */
  @Test
  void isSentToAUnixSocket() throws Exception {
    var address = UnixDomainSocketAddress.of(directory.resolve("a.sock"));
    try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listening.bind(address);
      sendTo("unix:" + address);
      Peer client = rig.client(GET);
      try (SocketChannel backend = listening.accept()) {
        serve(Channels.newInputStream(backend), Channels.newOutputStream(backend));
        client.expect(ok("1"));
      }
    }
  }
}
