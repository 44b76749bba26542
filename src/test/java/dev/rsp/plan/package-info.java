// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.rsp.plan;

import org.jspecify.annotations.NullMarked;
