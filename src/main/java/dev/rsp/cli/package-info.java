// SPDX-License-Identifier: Apache-2.0
/** Runs the commands of the command line, one class each, and prints their results. */
@NullMarked
package dev.rsp.cli;

import org.jspecify.annotations.NullMarked;
