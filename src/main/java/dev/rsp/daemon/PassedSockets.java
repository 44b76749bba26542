// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.config.Config;
import dev.rsp.config.ListenAddress;
import dev.rsp.log.IoReason;
import dev.rsp.net.ListeningSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The listening sockets that the service manager has opened and passed to this process:
 * sd_listen_fds(3). They outlive the process, so that connections wait in them during a restart.
 *
 * <p>Each belongs to the address of {@code listen} that it is bound to. Not thread-safe.
 */
final class PassedSockets {
  /** sd_listen_fds(3): SD_LISTEN_FDS_START. */
  private static final int START = 3;

  /**
   * The launcher has moved the first one behind the last, and {@link Signals} has replaced what the
   * launcher opened instead.
   */
  private static final Set<String> RESERVED = Set.of("/dev/null", "anon_inode:[eventfd]");

  private static final Pattern SOCKET = Pattern.compile("socket:\\[(\\d{1,18})\\]");

  /** Descriptors by address: an {@link InetSocketAddress}, or "unix:" and a path. */
  private final Map<Object, Integer> byAddress = new LinkedHashMap<>();

  private final List<String> problems = new ArrayList<>();

  /** What is done with a descriptor before it is used. */
  interface Preparation {
    void prepare(int descriptor) throws ReflectiveOperationException;
  }

  private PassedSockets() {}

  /** Those of this process. */
  static PassedSockets of(Map<String, String> environment) {
    return of(environment, Path.of("/proc/self/fd"), Libc::doNotBlock);
  }

  /**
   * Those of an environment.
   *
   * @param descriptors a directory with a link for each descriptor: proc(5)
   */
  static PassedSockets of(
      Map<String, String> environment, Path descriptors, Preparation preparation) {
    var passed = new PassedSockets();
    String pid = Long.toString(ProcessHandle.current().pid());
    String count = environment.getOrDefault("LISTEN_FDS", "");
    // Another LISTEN_PID: they were for a parent, and this process has other files there.
    if (pid.equals(environment.get("LISTEN_PID")) && count.matches("[0-9]{1,4}")) {
      int first = RESERVED.contains(target(descriptors, START)) ? START + 1 : START;
      for (int i = 0; i < Integer.parseInt(count); i++) {
        passed.add(descriptors, first + i, preparation);
      }
    }
    return passed;
  }

  private static String target(Path descriptors, int descriptor) {
    try {
      return Files.readSymbolicLink(descriptors.resolve(Integer.toString(descriptor))).toString();
    } catch (IOException e) {
      return IoReason.of(e);
    }
  }

  private void add(Path descriptors, int descriptor, Preparation preparation) {
    String target = target(descriptors, descriptor);
    Matcher socket = SOCKET.matcher(target);
    try {
      Object address =
          socket.matches()
              ? ListeningSockets.addressOfInode(Long.parseLong(socket.group(1)))
              : null;
      if (address == null) {
        problems.add(
            "the service manager passes %s as descriptor %d (expected: a TCP or Unix socket that listens)"
                .formatted(target, descriptor));
        return;
      }
      preparation.prepare(descriptor);
      if (byAddress.putIfAbsent(address, descriptor) != null) {
        problems.add("the service manager passes two sockets on " + text(address));
      }
    } catch (IOException e) {
      problems.add("the sockets of the service manager are not known: " + IoReason.of(e));
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      problems.add(
          "the sockets of the service manager cannot be used, on Java %s: %s"
              .formatted(Runtime.version(), e));
    }
  }

  private static Object key(ListenAddress address) {
    InetSocketAddress socket = address.socket();
    return socket != null ? socket : "unix:" + address.unixPath();
  }

  /** The descriptor of the socket that is bound to an address; null if there is none. */
  @Nullable Integer descriptorOf(ListenAddress address) {
    return byAddress.get(key(address));
  }

  /**
   * What is wrong with a configuration: each socket must have its address in it, because clients
   * could connect to it, and would wait for ever.
   */
  List<String> problemsOf(Config config) {
    List<String> all = new ArrayList<>(problems);
    List<Object> named = config.listen().stream().map(PassedSockets::key).toList();
    for (Object address : byAddress.keySet()) {
      if (!named.contains(address)) {
        all.add(
            "%s (expected: also \"%s\", on which the service manager has opened a socket)"
                .formatted(
                    config.listen().stream()
                        .map(each -> '"' + each.text() + '"')
                        .collect(Collectors.joining(", ")),
                    text(address)));
      }
    }
    return all.stream().map(problem -> config.listenAt().get(0) + ": " + problem).toList();
  }

  private static String text(Object address) {
    if (!(address instanceof InetSocketAddress socket)) {
      return address.toString();
    }
    String ip = socket.getAddress().getHostAddress();
    return (ip.contains(":") ? "[" + ip + "]" : ip) + ":" + socket.getPort();
  }
}
