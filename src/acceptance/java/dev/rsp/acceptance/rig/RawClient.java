// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

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

/** A client that sends exactly what a test says. The bytes that rsp writes to it are judged. */
public final class RawClient implements Closeable {
  /** The loopback address of IPv6, as bytes: a text would be looked up as a name. */
  private static final byte[] LOOPBACK_6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

  private final Wire wire;

  /** Connects to a port on 127.0.0.1. */
  public RawClient(int port) throws IOException {
    this(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
  }

  /** Connects, with a receive buffer of that size in bytes if it is not 0. */
  public RawClient(InetSocketAddress address, int receiveBytes) throws IOException {
    SocketChannel channel = SocketChannel.open();
    if (receiveBytes > 0) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBytes);
    }
    channel.connect(address);
    this.wire = new Wire(channel, Watch.client());
  }

  /** Connects to a port on ::1. */
  public static RawClient byIpv6(int port) throws IOException {
    return new RawClient(ipv6(port), 0);
  }

  /** A port on ::1. */
  public static InetSocketAddress ipv6(int port) throws IOException {
    return new InetSocketAddress(InetAddress.getByAddress(LOOPBACK_6), port);
  }

  /** A client on a connection that exists. */
  public RawClient(Wire wire) {
    this.wire = wire;
  }

  /** The connection, for all that this class has no method for. */
  public Wire wire() {
    return wire;
  }

  /** Sends a text as it is. */
  public RawClient send(String text) throws IOException {
    wire.send(text);
    return this;
  }

  /** Sends a GET and reads the response; the connection stays open. */
  public Answer get(String host, String path) throws IOException {
    send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return read();
  }

  /** Sends a GET; returns the SHA-256 of the body, in hexadecimal. */
  public String sum(String host, String path) throws IOException {
    Blob.Sum sum = new Blob.Sum();
    download(host, path, sum);
    return sum.hex();
  }

  /** Sends a GET, and writes the body to a stream. */
  public void download(String host, String path, OutputStream to) throws IOException {
    send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    wire.body(wire.head(), false, to);
  }

  /** Sends the blob of a length in a POST with Content-Length; returns the body of the response. */
  public String upload(String host, long length) throws IOException {
    send("POST /sum HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: " + length + "\r\n\r\n");
    Blob.write(length, wire.out());
    return read().body();
  }

  /** Sends the blob of a length in a chunked POST, and does not wait for the response. */
  public void sendChunked(String host, long length) throws IOException {
    send("POST /sum HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n");
    Blob.writeChunked(length, wire.out());
  }

  /** Reads the next response, also an interim one, to any request but HEAD. */
  public Answer read() throws IOException {
    String head = wire.head();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    int status = new Answer(head, "").status();
    if (status >= 200 && status != 204 && status != 304) {
      wire.body(head, true, body);
    }
    return new Answer(head, body.toString(StandardCharsets.ISO_8859_1));
  }

  /** Closes; fails if rsp wrote to this client what it must not. */
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
