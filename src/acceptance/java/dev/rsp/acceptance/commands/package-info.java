// SPDX-License-Identifier: Apache-2.0
/** Tests what the commands of rsp print, and their exit codes. */
@NullMarked
package dev.rsp.acceptance.commands;

import org.jspecify.annotations.NullMarked;
