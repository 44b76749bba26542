// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.rsp.lua;

import org.jspecify.annotations.NullMarked;
