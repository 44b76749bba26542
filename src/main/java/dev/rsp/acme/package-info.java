// SPDX-License-Identifier: Apache-2.0
/** Gets certificates from a certificate authority by ACME (RFC 8555), and renews them. */
@NullMarked
package dev.rsp.acme;

import org.jspecify.annotations.NullMarked;
