// SPDX-License-Identifier: Apache-2.0
/** Carries a connection from accept to close. */
@NullMarked
package dev.rsp.proxy;

import org.jspecify.annotations.NullMarked;
