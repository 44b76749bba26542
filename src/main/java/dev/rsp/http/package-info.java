// SPDX-License-Identifier: Apache-2.0
/** Holds heads as tables, and checks what the fields mean, whatever the version of HTTP. */
@NullMarked
package dev.rsp.http;

import org.jspecify.annotations.NullMarked;
