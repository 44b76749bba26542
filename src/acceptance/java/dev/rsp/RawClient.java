// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import dev.rsp.referee.Violation;
import dev.rsp.referee.Watch;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A client that sends exactly what it is told. */
final class RawClient implements Closeable {
  /** IPv6's loopback. Its text would be a name to look up. */
  private static final byte[] LOOPBACK_6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

  private final Wire wire;

  /** Connects to a port on 127.0.0.1. */
  RawClient(int port) throws IOException {
    this(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
  }

  /** Connects, with a receive buffer of a given size if that is not 0. */
  RawClient(InetSocketAddress address, int receiveBytes) throws IOException {
    SocketChannel channel = SocketChannel.open();
    if (receiveBytes > 0) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBytes);
    }
    channel.connect(address);
    this.wire = new Wire(channel, Watch.client());
  }

  /** Connects to a port on ::1. */
  static RawClient byIpv6(int port) throws IOException {
    return new RawClient(ipv6(port), 0);
  }

  static InetSocketAddress ipv6(int port) throws IOException {
    return new InetSocketAddress(InetAddress.getByAddress(LOOPBACK_6), port);
  }

  RawClient(Wire wire) {
    this.wire = wire;
  }

  Wire wire() {
    return wire;
  }

  /** Sends a text as it is. */
  RawClient send(String text) throws IOException {
    wire.send(text);
    return this;
  }

  /** Asks and reads the answer; the connection stays open. */
  Answer get(String host, String path) throws IOException {
    send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return read();
  }

  /** Asks for a body; its SHA-256, in hexadecimal. */
  String sum(String host, String path) throws IOException {
    Blob.Sum sum = new Blob.Sum();
    download(host, path, sum);
    return sum.hex();
  }

  /** Asks for a body and writes it somewhere. */
  void download(String host, String path, OutputStream to) throws IOException {
    send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    wire.body(wire.head(), false, to);
  }

  /** Sends the blob of a length with its length, for somebody to hash; what is answered. */
  String upload(String host, long length) throws IOException {
    send("POST /sum HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: " + length + "\r\n\r\n");
    Blob.write(length, wire.out());
    return read().body();
  }

  /** Sends the blob of a length in chunks, for somebody to hash. */
  void sendChunked(String host, long length) throws IOException {
    send("POST /sum HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n");
    Blob.writeChunked(length, wire.out());
  }

  /** The next answer, interim ones included, to anything but HEAD. */
  Answer read() throws IOException {
    String head = wire.head();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    int status = new Answer(head, "").status();
    if (status >= 200 && status != 204 && status != 304) {
      wire.body(head, true, body);
    }
    return new Answer(head, body.toString(StandardCharsets.ISO_8859_1));
  }

  /** Closes; fails if rsp has written what no client must be sent. */
  @Override
  public void close() throws IOException {
    wire.readTheRest();
    wire.close();
    Violation violation = wire.violation();
    if (violation != null) {
      throw new AssertionError("what rsp wrote to a client: " + violation);
    }
  }
}
