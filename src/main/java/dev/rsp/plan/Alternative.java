// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

/**
 * Another way to make a change.
 *
 * @param what what to write instead
 * @param moved how many hosts that would move
 * @param percent the same of all hosts
 */
record Alternative(String what, int moved, double percent) {}
