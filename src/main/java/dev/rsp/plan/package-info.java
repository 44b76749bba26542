// SPDX-License-Identifier: Apache-2.0
/** Foretells where hosts go by a configuration that is not in force, and tests that it is sound. */
@NullMarked
package dev.rsp.plan;

import org.jspecify.annotations.NullMarked;
