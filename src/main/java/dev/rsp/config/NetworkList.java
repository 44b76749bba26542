// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.http.IpNetwork;
import dev.rsp.http.TrustedProxies;
import java.util.ArrayList;
import java.util.List;
import org.luaj.vm2.LuaValue;

/** Reads a list of networks from which peers connect: {@code { "10.0.0.0/8", "unix" }}. */
final class NetworkList {
  /** Content delivery networks publish lists of some 10 to 200. Each is compared. */
  static final int MAX_NETWORKS = 1000;

  private static final String NETWORK =
      "a network such as \"10.0.0.0/8\" or \"2001:db8::/32\", an IP address, or \"unix\"";

  private NetworkList() {}

  static TrustedProxies read(KeyPath path, LuaValue value, Problems problems) {
    boolean unix = false;
    List<IpNetwork> networks = new ArrayList<>();
    for (TextList.Entry entry : TextList.read(path, value, MAX_NETWORKS, NETWORK, problems)) {
      if (entry.text().equals("unix")) {
        unix = true;
        continue;
      }
      IpNetwork network = IpNetwork.parse(entry.text());
      if (network == null) {
        problems.add(entry.path(), entry.value(), NETWORK);
      } else if (!network.isExact()) {
        String expected = "no bits beyond the prefix: \"" + network.exact().text() + "\"";
        problems.add(entry.path(), entry.value(), expected);
      } else {
        networks.add(network);
      }
    }
    return new TrustedProxies(false, unix, networks);
  }
}
