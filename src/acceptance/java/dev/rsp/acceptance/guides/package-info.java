// SPDX-License-Identifier: Apache-2.0
/** Runs what the guides tell their readers to type. */
@NullMarked
package dev.rsp.acceptance.guides;

import org.jspecify.annotations.NullMarked;
