// SPDX-License-Identifier: Apache-2.0
/** Finds the certificates in folders, and keeps those in memory that handshakes need. */
@NullMarked
package dev.rsp.certs;

import org.jspecify.annotations.NullMarked;
