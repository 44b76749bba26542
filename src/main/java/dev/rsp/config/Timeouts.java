// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

/**
 * How long rsp waits for whom, in milliseconds.
 *
 * @param headMillis for a whole request head, from its first byte or from the accept
 * @param connectMillis for a backend to accept a connection
 * @param responseMillis for the head of a response, from the end of the request
 * @param idleMillis for the next bytes of a body or a tunnel, in either direction
 * @param keepaliveMillis for the next request on a client connection
 * @param backendKeepaliveMillis for the next use of an idle backend connection
 * @param lingerMillis for a client to read an answer that ended its connection early
 * @param drainMillis for requests in flight when the daemon stops
 */
public record Timeouts(
    int headMillis,
    int connectMillis,
    int responseMillis,
    int idleMillis,
    int keepaliveMillis,
    int backendKeepaliveMillis,
    int lingerMillis,
    int drainMillis) {}
