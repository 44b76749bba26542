// SPDX-License-Identifier: Apache-2.0
/** Tests rsp under load: many requests, thousands of clients, slow clients, large bodies, soaks. */
@NullMarked
package dev.rsp.acceptance.load;

import org.jspecify.annotations.NullMarked;
