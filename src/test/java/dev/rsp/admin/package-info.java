// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.rsp.admin;

import org.jspecify.annotations.NullMarked;
