// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.AbortOnClose;
import dev.rsp.config.Config;
import dev.rsp.config.HeldBodyLimits;
import dev.rsp.config.Limits;
import dev.rsp.config.Timeouts;
import dev.rsp.http.Forwarding;
import dev.rsp.http.RequestIdField;
import dev.rsp.http.TrustedProxies;
import dev.rsp.http.WireOptions;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.trace.Traces;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What an exchange keeps of its first configuration, to its end.
 *
 * <p>Not the whole {@link Service}: a tunnel can last for days, and would keep the script and table
 * of hosts of a configuration that was replaced long ago.
 */
public final class Terms {
  public final Timeouts timeouts;
  public final Limits limits;

  /** How bodies may be held until they can be sent. */
  public final HeldBodyLimits held;

  /** Which requests end when their client ends its side before the response begins. */
  public final AbortOnClose abortOnClose;

  /** Reads the heads of requests and responses by these limits. */
  public final HeadParser parser;

  /** The name of this proxy in Via; null if it adds no Via. */
  public final @Nullable String viaName;

  /** The peers whose forwarding fields are believed and passed on. */
  public final TrustedProxies trusted;

  /** In which requests carry an id; null if they carry none. */
  public final @Nullable RequestIdField requestId;

  /**
   * Whether an entry is kept of each exchange, because something reads it: the access log, the use
   * of hosts, or who counts for the control socket.
   */
  public final boolean recorded;

  /** Whether requests are counted by slot, because somebody may ask for that. */
  public final boolean counted;

  /** Makes spans of requests; null if there are none. */
  public final @Nullable Traces traces;

  /** The host of a request that names none; null if such a request is refused. Read-only. */
  public final byte @Nullable [] defaultHost;

  Terms(Config config, @Nullable Traces traces) {
    this.traces = traces;
    timeouts = config.timeouts();
    limits = config.limits();
    held = config.heldBodies();
    abortOnClose = config.abortOnClose();
    WireOptions wire = config.wire();
    Forwarding forwarding = config.forwarding();
    parser =
        new HeadParser(
            limits.headBytes(),
            limits.fields(),
            limits.targetBytes(),
            wire,
            forwarding.untrusted());
    viaName = forwarding.saysVia() ? wire.viaName() : null;
    trusted = forwarding.trusted();
    requestId = forwarding.requestId();
    counted = config.isWatched();
    recorded = config.accessLog() != null || config.usage() != null || counted || traces != null;
    String host = config.defaultHost();
    defaultHost = host == null ? null : host.getBytes(StandardCharsets.US_ASCII);
  }
}
