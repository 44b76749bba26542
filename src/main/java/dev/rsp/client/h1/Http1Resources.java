// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h1;

import dev.rsp.client.ClientConnections;
import dev.rsp.exchange.Backends;
import dev.rsp.exchange.LoopState;
import dev.rsp.http.RequestHead;
import dev.rsp.http.h1.DateField;
import dev.rsp.http.h1.HeadWriter;
import dev.rsp.net.Shortages;

/**
 * What the HTTP/1 connections of one loop share. The table of heads and the writer are used for one
 * message at a time, on the loop.
 */
public final class Http1Resources {
  final LoopState loop;
  final Backends backends;
  final ClientConnections connections;
  final RequestHead head = new RequestHead();
  final HeadWriter writer = new HeadWriter();
  final DateField date;
  final Shortages shortages;

  /** The resources of a loop. Any thread. */
  public Http1Resources(
      LoopState loop,
      Backends backends,
      ClientConnections connections,
      DateField date,
      Shortages shortages) {
    this.loop = loop;
    this.backends = backends;
    this.connections = connections;
    this.date = date;
    this.shortages = shortages;
  }
}
