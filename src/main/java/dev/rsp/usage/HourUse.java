// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import java.time.Instant;

/**
 * What a host used in an hour.
 *
 * @param start of the hour
 * @param use with the host
 */
public record HourUse(Instant start, HostUse use) {}
