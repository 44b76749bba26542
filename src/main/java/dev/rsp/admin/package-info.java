// SPDX-License-Identifier: Apache-2.0
/** Shows an operator what happens, and why. */
@NullMarked
package dev.rsp.admin;

import org.jspecify.annotations.NullMarked;
