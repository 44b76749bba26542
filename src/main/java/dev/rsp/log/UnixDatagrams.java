// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A Unix datagram socket to a daemon of the system, such as syslog's or the service manager's. Java
 * has none; Netty's native transport has. Connects again if the daemon was restarted. Not
 * thread-safe.
 */
public final class UnixDatagrams implements Closeable {
  private final String path;
  private @Nullable Socket socket;

  private UnixDatagrams(String path) {
    this.path = path;
  }

  /**
   * Connects.
   *
   * @param path of the socket; one that begins with a zero character is in Linux' abstract name
   *     space
   * @throws IOException if that fails, or this system has no native transport
   */
  public static UnixDatagrams to(String path) throws IOException {
    if (!Epoll.isAvailable()) {
      throw new IOException("a Unix datagram socket needs Linux on x86-64 or aarch64");
    }
    var made = new UnixDatagrams(path);
    made.connect();
    return made;
  }

  private Socket connect() throws IOException {
    Socket made = Socket.newSocketDomainDgram();
    try {
      made.connect(new DomainSocketAddress(path));
    } catch (IOException e) {
      made.close();
      throw e;
    }
    socket = made;
    return made;
  }

  /**
   * Sends a datagram; does not wait.
   *
   * @param datagram what is readable of it; direct
   * @return false if the receiver's queue is full
   * @throws IOException if it cannot be sent; the next one is sent over a new connection
   */
  public boolean send(ByteBuffer datagram) throws IOException {
    Socket open = socket == null ? connect() : socket;
    try {
      return open.write(datagram, datagram.position(), datagram.limit()) > 0;
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    Socket open = socket;
    socket = null;
    if (open != null) {
      open.close();
    }
  }
}
