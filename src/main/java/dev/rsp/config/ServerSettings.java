// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.access.AccessLogSettings;
import dev.rsp.certs.CertificateSettings;
import dev.rsp.http.Forwarding;
import dev.rsp.http.WireOptions;
import dev.rsp.trace.TraceSettings;
import dev.rsp.usage.UsageSettings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The settings that are neither addresses nor about the selection of slots. They need no name
 * resolution and no script.
 *
 * @param heldBodies limits for request bodies that cannot be sent yet
 * @param loops number of event loops, at least 1
 * @param defaultHost the canonical host for a request without a host (HTTP/1.0); null to refuse the
 *     request
 * @param forwarding which peers are believed what they say of the hops before them
 * @param abortOnClose which requests end with their client's side
 * @param wire how strictly messages are parsed, and this proxy's name in Via
 * @param initialise how a site is started whose backend does not accept connections; null if it is
 *     not
 * @param hasSelect whether the file defines {@code select}; if not, hosts are hashed
 * @param safeguards settings that make changes of the configuration safe
 * @param accessLog where exchanges are logged; null if they are not
 * @param traces which requests are traced; null if none are
 * @param usage where the use of hosts is kept; null if it is not
 * @param certificates where the certificates of TLS are; null if there are none
 * @param ticketKeys the file of the keys of session tickets; null if they are in memory only
 * @param orders which certificates are ordered when clients ask for their hosts; null if none are
 * @param topHosts how many of the busiest hosts the figures name
 * @param controlPath the Unix socket for operators, absolute; null if there is none
 * @param admin where operators and browsers reach the daemon; null if they do not
 */
public record ServerSettings(
    Timeouts timeouts,
    Limits limits,
    HeldBodyLimits heldBodies,
    int loops,
    @Nullable String defaultHost,
    Forwarding forwarding,
    AbortOnClose abortOnClose,
    WireOptions wire,
    @Nullable Initialise initialise,
    boolean hasSelect,
    Safeguards safeguards,
    @Nullable AccessLogSettings accessLog,
    @Nullable TraceSettings traces,
    @Nullable UsageSettings usage,
    @Nullable CertificateSettings certificates,
    @Nullable Path ticketKeys,
    @Nullable CertificateOrders orders,
    int topHosts,
    @Nullable String controlPath,
    @Nullable AdminSettings admin) {
  public ServerSettings {
    if (loops < 1) {
      throw new IllegalArgumentException("loops: " + loops + " (expected: >= 1)");
    }
  }
}
