// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.ListenAddress;
import dev.rsp.config.ListenOptions;
import dev.rsp.config.SocketAccess;
import dev.rsp.net.Listener;
import dev.rsp.net.Transport;
import dev.rsp.net.UnixSocketFile;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class UnixSocketFileTest {
  @TempDir private Path directory;

  @Test
  void removesASocketThatNobodyListensOn() throws IOException {
    Path file = directory.resolve("dead.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(file));
    }
    UnixSocketFile.removeIfDead(file.toString());
    assertFalse(Files.exists(file));
  }

  @Test
  void leavesASocketThatSomebodyListensOn() throws IOException {
    Path file = directory.resolve("live.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(file));
      assertThrows(IOException.class, () -> UnixSocketFile.removeIfDead(file.toString()));
      assertTrue(Files.exists(file));
    }
  }

  /** To connect to it would wait for as long as nobody accepts. */
  @Test
  @Timeout(20)
  void leavesASocketWhoseQueueIsFull() throws IOException {
    Path file = directory.resolve("full.sock");
    try (UnixBackend busy = new UnixBackend(file)) {
      busy.fill();
      assertThrows(IOException.class, () -> UnixSocketFile.removeIfDead(file.toString()));
      assertTrue(Files.exists(file));
    }
  }

  /** One word wrong in {@code listen} must not cost a file. */
  @Test
  void leavesAFileThatIsNoSocket() throws Exception {
    Path file = Files.writeString(directory.resolve("precious"), "all there is");
    var address = new ListenAddress("unix:" + file, null, file.toString());
    try (Rig rig = new Rig(Transport.EPOLL)) {
      IOException refused =
          assertThrows(
              IOException.class,
              () -> Listener.open(address, List.of(rig.loop()), List.of()).close());
      assertEquals("the file exists and is not a socket", refused.getMessage());
    }
    assertEquals("all there is", Files.readString(file));
  }

  private static Object mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void hasItsModeFromTheStartAndGetsAnotherWhileItIsOpen() throws Exception {
    Path file = directory.resolve("mode.sock");
    try (Rig rig = new Rig(Transport.EPOLL)) {
      Listener listener =
          Listener.open(at(file, new SocketAccess(0620, null, null)), loops(rig), List.of());
      try {
        assertEquals("rw--w----", mode(file));
        listener.permit(at(file, new SocketAccess(0666, null, null)));
        assertEquals("rw-rw-rw-", mode(file));
        listener.permit(at(file, SocketAccess.DEFAULTS));
        assertEquals(asTheSystemMakesIt(), mode(file));
      } finally {
        listener.close();
      }
    }
    assertFalse(Files.exists(file));
  }

  private Object asTheSystemMakesIt() throws IOException {
    Path other = directory.resolve("other.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(other));
      return mode(other);
    }
  }

  @Test
  void isNotPublishedIfItsOwnerCannotBeSet() throws Exception {
    Path file = directory.resolve("owner.sock");
    try (Rig rig = new Rig(Transport.EPOLL)) {
      IOException refused =
          assertThrows(
              IOException.class,
              () ->
                  Listener.open(
                          at(file, new SocketAccess(null, "no-such-user", null)),
                          loops(rig),
                          List.of())
                      .close());
      assertEquals(
          "mode, owner or group not set: there is no user no-such-user", refused.getMessage());
    }
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(), left.filter(path -> !path.toString().endsWith(".lock")).toList());
    }
  }

  @Test
  void keepsItsRightsIfNewOnesCannotBeSet() throws Exception {
    Path file = directory.resolve("kept.sock");
    try (Rig rig = new Rig(Transport.EPOLL)) {
      Listener listener =
          Listener.open(at(file, new SocketAccess(0600, null, null)), loops(rig), List.of());
      try {
        assertThrows(
            IOException.class,
            () -> listener.permit(at(file, new SocketAccess(0666, "no-such-user", null))));
        assertEquals("rw-------", mode(file));
        Files.delete(file);
        Files.createFile(file);
        assertThrows(
            IOException.class, () -> listener.permit(at(file, new SocketAccess(0666, null, null))));
      } finally {
        listener.close();
      }
    }
  }

  private static ListenAddress at(Path file, SocketAccess access) {
    return new ListenAddress("unix:" + file, null, file.toString(), access, ListenOptions.PLAIN);
  }

  private static List<Worker> loops(Rig rig) {
    return List.of(rig.loop());
  }

  /** Such as /dev/log: it is alive, and no connection to it can be made. */
  @Test
  void leavesASocketThatCannotBeConnectedToForAnotherReason() throws Exception {
    Path file = directory.resolve("datagrams.sock");
    var group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    try {
      Channel datagrams = new EpollDomainDatagramChannel();
      datagrams.pipeline().addLast(new ChannelInboundHandlerAdapter());
      group.register(datagrams).sync();
      datagrams.bind(new DomainSocketAddress(file.toString())).sync();
      IOException refused =
          assertThrows(IOException.class, () -> UnixSocketFile.removeIfDead(file.toString()));
      assertTrue(Files.exists(file));
      assertEquals(
          "another program's socket exists: Protocol wrong type for socket", refused.getMessage());
    } finally {
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }
}
