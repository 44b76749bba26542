// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.rsp.certs;

import org.jspecify.annotations.NullMarked;
