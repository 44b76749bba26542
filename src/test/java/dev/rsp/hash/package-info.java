// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.rsp.hash;

import org.jspecify.annotations.NullMarked;
