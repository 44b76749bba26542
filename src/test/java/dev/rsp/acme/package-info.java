// SPDX-License-Identifier: Apache-2.0
/** Tests of {@link dev.rsp.acme}. */
@NullMarked
package dev.rsp.acme;

import org.jspecify.annotations.NullMarked;
