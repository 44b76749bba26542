// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

/**
 * How much rsp takes of what.
 *
 * @param headBytes of a request or response head, the empty line included
 * @param fields field lines of a head
 * @param targetBytes of a request target
 * @param connections of clients at a time, over all loops
 * @param backendIdle idle connections kept per backend and loop
 */
public record Limits(
    int headBytes, int fields, int targetBytes, int connections, int backendIdle) {}
