// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.rsp.net.tls;

import org.jspecify.annotations.NullMarked;
