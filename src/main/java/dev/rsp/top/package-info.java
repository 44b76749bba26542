// SPDX-License-Identifier: Apache-2.0
/** Shows the slots of a running rsp as a table, once or on a terminal that is refreshed. */
@NullMarked
package dev.rsp.top;

import org.jspecify.annotations.NullMarked;
