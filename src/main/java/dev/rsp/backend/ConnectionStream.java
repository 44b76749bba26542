// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.exchange.BackendStream;

/** The session of a protocol that has one exchange at a time: its stream. */
public interface ConnectionStream extends Session, BackendStream {}
