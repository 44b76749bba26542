// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.rsp.journal;

import org.jspecify.annotations.NullMarked;
