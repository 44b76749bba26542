// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Limits;
import dev.rsp.config.Timeouts;
import dev.rsp.http.HeadParser;
import dev.rsp.http.WireOptions;

/**
 * What an exchange keeps of the configuration that it began with, to its end.
 *
 * <p>Not the whole {@link Service}: a tunnel can last for days, and would keep the script and the
 * table of hosts of a configuration that was replaced long ago.
 */
final class Terms {
  final Timeouts timeouts;
  final Limits limits;
  final HeadParser parser;

  Terms(Timeouts timeouts, Limits limits, WireOptions wire) {
    this.timeouts = timeouts;
    this.limits = limits;
    this.parser = new HeadParser(limits.headBytes(), limits.fields(), limits.targetBytes(), wire);
  }
}
