// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of sites that sleep start with: the service that starts sites, and a site's place. */
abstract class SleepingSites extends RigTest {
  static final String SELECT = "function select(r) return 2 end";

  /** What the service that starts sites was asked, as method and host. */
  final BlockingQueue<String> calls = new LinkedBlockingQueue<>();

  @TempDir Path directory;

  /** Closed behind the rig. */
  @AutoClose private StartService starter;

  private int port;

  /** Nobody listens where hosts are sent. */
  @BeforeEach
  void start() throws Exception {
    starter = new StartService(rig.address(), calls);
    port = rig.backendPort(2);
    rig.closeBackend(2);
    reload("timeout = 20");
  }

  /** Looks for the site all the time, unless the settings say how often. */
  final void reload(String more, String... lines) throws Exception {
    String[] all = new String[lines.length + 2];
    all[0] =
        "initialise = { url = '%s', %s }"
            .formatted(starter.url(), more.contains("poll") ? more : "poll = 0.01, " + more);
    all[1] = lines.length == 0 ? SELECT : "";
    if (!String.join("\n", lines).contains("timeouts")) {
      // The start takes over at once: nothing waits for the place to listen by itself.
      all[1] += "\ntimeouts = {connect_retry = 60}";
    }
    System.arraycopy(lines, 0, all, 2, lines.length);
    rig.reload(all);
  }

  final void awaitWaiting(int count) throws InterruptedException {
    rig.await(count + " requests that wait", () -> rig.waiting() == count);
  }

  /** From here on somebody listens where the site was missed. */
  final ServerSocket site() throws IOException {
    return Rig.listen(rig.address(), port);
  }

  /** The next connection to the site, which the rig judges as it does all others. */
  final Peer accept(ServerSocket site) throws IOException {
    return rig.backend(site);
  }
}
