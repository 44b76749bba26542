// SPDX-License-Identifier: Apache-2.0
/**
 * Starts the packaged rsp, clients, backends and real servers for the tests, and waits for them.
 */
@NullMarked
package dev.rsp.acceptance.rig;

import org.jspecify.annotations.NullMarked;
