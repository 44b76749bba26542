// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Who is asked for the addresses of a name. May block for as long as it likes; any thread. */
interface Resolver {
  /** The system's own: {@code /etc/hosts}, then DNS, as {@code /etc/nsswitch.conf} has it. */
  Resolver SYSTEM = name -> List.of(InetAddress.getAllByName(name));

  /** IPv4 first, then by the bytes of the address. */
  Comparator<InetAddress> ORDER =
      Comparator.<InetAddress, Boolean>comparing(address -> !(address instanceof Inet4Address))
          .thenComparing(InetAddress::getAddress, Arrays::compareUnsigned);

  /** The addresses of a name, at least one. */
  List<InetAddress> resolve(String name) throws UnknownHostException;

  /**
   * The one address that stands for a name with several: the first in {@link #ORDER}. Name servers
   * rotate their answers; hosts must not move with them, nor differ between two proxies.
   */
  static InetAddress first(List<InetAddress> addresses) {
    return addresses.stream().min(ORDER).orElseThrow();
  }

  /** Why there was no answer, without the name that the JDK puts in front. */
  static String reason(String name, UnknownHostException failure) {
    String message = failure.getMessage();
    if (message == null || message.equals(name)) {
      return "unknown host";
    }
    return message.startsWith(name + ": ") ? message.substring(name.length() + 2) : message;
  }
}
