// SPDX-License-Identifier: Apache-2.0
/** Holds what rsp wants of TLS, and shakes hands, with clients and with backends. */
@NullMarked
package dev.rsp.net.tls;

import org.jspecify.annotations.NullMarked;
