// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

/**
 * An alternative to a change of the configuration.
 *
 * @param what description of the alternative
 * @param moved number of hosts that it would move
 * @param percent percentage of hosts that it would move
 */
public record Alternative(String what, int moved, double percent) {}
