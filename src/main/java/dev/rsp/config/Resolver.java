// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Resolves a name to addresses. May block without a time limit. Any thread. */
interface Resolver {
  /** The system's resolver: {@code /etc/hosts}, then DNS, as {@code /etc/nsswitch.conf} says. */
  Resolver SYSTEM = name -> List.of(InetAddress.getAllByName(name));

  /** IPv4 first, then by the bytes of the address. */
  Comparator<InetAddress> ORDER =
      Comparator.<InetAddress, Boolean>comparing(address -> !(address instanceof Inet4Address))
          .thenComparing(InetAddress::getAddress, Arrays::compareUnsigned);

  /** The addresses of a name; at least one. */
  List<InetAddress> resolve(String name) throws UnknownHostException;

  /**
   * The address to use for a name with several addresses: the first in {@link #ORDER}. Name servers
   * rotate their answers; the choice must neither change with that nor differ between two proxies.
   */
  static InetAddress first(List<InetAddress> addresses) {
    return addresses.stream().min(ORDER).orElseThrow();
  }

  /** The reason of a failure, without the name that the JDK puts in front. */
  static String reason(String name, UnknownHostException failure) {
    String message = failure.getMessage();
    if (message == null || message.equals(name)) {
      return "unknown host";
    }
    return message.startsWith(name + ": ") ? message.substring(name.length() + 2) : message;
  }
}
