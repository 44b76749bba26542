// SPDX-License-Identifier: Apache-2.0
/** Predicts which slots a configuration that is not active assigns to hosts, and tests it. */
@NullMarked
package dev.rsp.plan;

import org.jspecify.annotations.NullMarked;
