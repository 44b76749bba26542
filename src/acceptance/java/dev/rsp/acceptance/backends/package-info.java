// SPDX-License-Identifier: Apache-2.0
/** Tests rsp with real backends, and with backends that fail, hang or send malformed messages. */
@NullMarked
package dev.rsp.acceptance.backends;

import org.jspecify.annotations.NullMarked;
