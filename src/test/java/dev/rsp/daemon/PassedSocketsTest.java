// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which addresses belong to the sockets of the service manager: sd_listen_fds(3). */
@Timeout(20)
final class PassedSocketsTest {
  private static final Path OWN = Path.of("/proc/self/fd");

  @TempDir private Path directory;
  private final List<ServerSocketChannel> open = new ArrayList<>();
  private final List<Integer> prepared = new ArrayList<>();
  private int next = 3;

  @AfterEach
  void close() throws IOException {
    for (ServerSocketChannel channel : open) {
      channel.close();
    }
  }

  private static Set<String> sockets() throws IOException {
    Set<String> sockets = new HashSet<>();
    try (Stream<Path> descriptors = Files.list(OWN)) {
      for (Path descriptor : descriptors.toList()) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.startsWith("socket:")) {
            sockets.add(target);
          }
        } catch (IOException e) {
          // Closed meanwhile: that of the listing itself.
        }
      }
    }
    return sockets;
  }

  private void link(String target) throws IOException {
    Files.createSymbolicLink(directory.resolve(Integer.toString(next)), Path.of(target));
    next++;
  }

  private int tcp(String host) throws IOException {
    Set<String> before = sockets();
    ServerSocketChannel channel = ServerSocketChannel.open();
    open.add(channel);
    channel.bind(new InetSocketAddress(InetAddress.getByName(host), 0));
    linkTheNewOne(before);
    return ((InetSocketAddress) channel.getLocalAddress()).getPort();
  }

  private Path unix() throws IOException {
    Set<String> before = sockets();
    Path path = directory.resolve("socket");
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    open.add(channel);
    channel.bind(UnixDomainSocketAddress.of(path));
    linkTheNewOne(before);
    return path;
  }

  private void linkTheNewOne(Set<String> before) throws IOException {
    Set<String> now = sockets();
    now.removeAll(before);
    assertEquals(1, now.size(), "another test opens sockets: " + now);
    link(now.iterator().next());
  }

  private PassedSockets passed(int count) {
    return passed(count, Long.toString(ProcessHandle.current().pid()));
  }

  private PassedSockets passed(int count, String pid) {
    Map<String, String> environment = new HashMap<>();
    environment.put("LISTEN_FDS", Integer.toString(count));
    environment.put("LISTEN_PID", pid);
    return PassedSockets.of(environment, directory, prepared::add);
  }

  private Config listening(String... addresses) throws IOException, ConfigException {
    return ConfigLoader.load(
        Files.writeString(
            directory.resolve("backends.lua"),
            "listen = { \"%s\" }\nbackends = { \"127.0.0.1:2\" }\n"
                .formatted(String.join("\", \"", addresses))));
  }

  @Test
  void eachBelongsToTheAddressThatItIsBoundTo() throws Exception {
    int one = tcp("127.0.0.1");
    int six = tcp("::1");
    Path path = unix();
    Config config =
        listening("127.0.0.1:" + one, "[::1]:" + six, "unix:" + path, "127.0.0.2:" + one);
    PassedSockets passed = passed(3);
    assertEquals(List.of(), passed.problemsOf(config));
    assertEquals(3, passed.descriptorOf(config.listen().get(0)));
    assertEquals(4, passed.descriptorOf(config.listen().get(1)));
    assertEquals(5, passed.descriptorOf(config.listen().get(2)));
    assertNull(passed.descriptorOf(config.listen().get(3)), "rsp itself opens it");
    assertEquals(List.of(3, 4, 5), prepared);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/null", "anon_inode:[eventfd]"})
  void theLauncherHasMovedTheFirstBehindTheLast(String reserved) throws Exception {
    link(reserved);
    Path path = unix();
    int port = tcp("127.0.0.1");
    Config config = listening("127.0.0.1:" + port, "unix:" + path);
    PassedSockets passed = passed(2);
    assertEquals(List.of(), passed.problemsOf(config));
    assertEquals(5, passed.descriptorOf(config.listen().get(0)));
    assertEquals(4, passed.descriptorOf(config.listen().get(1)));
  }

  @Test
  void oneThatListenDoesNotNameIsRefusedAndBothAreNamed() throws Exception {
    int port = tcp("127.0.0.1");
    List<String> problems = passed(1).problemsOf(listening("127.0.0.1:1"));
    assertEquals(1, problems.size(), problems.toString());
    String problem = problems.get(0);
    assertTrue(problem.contains("backends.lua:1: listen"), problem);
    assertTrue(
        problem.endsWith(
            ": \"127.0.0.1:1\" (expected: also \"127.0.0.1:%d\", on which the service manager has opened a socket)"
                .formatted(port)),
        problem);
  }

  @Test
  void whatDoesNotListenIsRefused() throws Exception {
    link("/dev/zero");
    link("socket:[1]");
    List<String> problems = passed(2).problemsOf(listening("127.0.0.1:1"));
    assertEquals(2, problems.size(), problems.toString());
    assertTrue(
        problems
            .get(0)
            .endsWith(
                ": the service manager passes /dev/zero as descriptor 3 (expected: a TCP or Unix socket that listens)"),
        problems.toString());
    assertEquals(List.of(), prepared);
  }

  @Test
  void thoseOfAnotherProcessAreNotTaken() throws Exception {
    tcp("127.0.0.1");
    Config config = listening("127.0.0.1:1");
    assertEquals(List.of(), passed(1, "1").problemsOf(config));
    assertEquals(
        List.of(), PassedSockets.of(Map.of(), directory, prepared::add).problemsOf(config));
    assertEquals(List.of(), prepared);
  }

  @Test
  void twoOnOneAddressAreRefused() throws Exception {
    int port = tcp("127.0.0.1");
    Files.createSymbolicLink(
        directory.resolve("4"), Files.readSymbolicLink(directory.resolve("3")));
    List<String> problems = passed(2).problemsOf(listening("127.0.0.1:" + port));
    assertEquals(1, problems.size(), problems.toString());
    assertTrue(
        problems.get(0).endsWith("the service manager passes two sockets on 127.0.0.1:" + port),
        problems.toString());
  }
}
