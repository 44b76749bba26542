// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.rsp;

import org.jspecify.annotations.NullMarked;
