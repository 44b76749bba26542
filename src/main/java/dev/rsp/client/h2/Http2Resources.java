// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h2;

import dev.rsp.client.ClientConnections;
import dev.rsp.exchange.Backends;
import dev.rsp.exchange.LoopState;
import dev.rsp.http.RequestHead;
import dev.rsp.http.h1.DateField;
import dev.rsp.http.h2.RequestFields;
import dev.rsp.http.h2.ResponseFields;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * What the HTTP/2 connections of one loop share. The tables and writers are used for one message at
 * a time, on the loop.
 */
public final class Http2Resources {
  final LoopState loop;
  final Backends backends;
  final ClientConnections connections;
  final DateField date;
  final RequestFields requestFields = new RequestFields();
  final ResponseFields responseFields = new ResponseFields();
  final RequestHead head = new RequestHead();

  /** The octets of a head that the request fields have composed. */
  private ByteBuf composed = Unpooled.EMPTY_BUFFER;

  final OwnAnswers answers;
  final Http2Counters counters = new Http2Counters();

  /** The resources of a loop. Any thread. */
  public Http2Resources(
      LoopState loop, Backends backends, ClientConnections connections, DateField date) {
    this.loop = loop;
    this.backends = backends;
    this.connections = connections;
    this.date = date;
    this.answers = new OwnAnswers(date);
  }

  /** The head that the request fields have composed, to be parsed; good until their next start. */
  ByteBuf composedHead() {
    byte[] octets = requestFields.bytes();
    if (!composed.hasArray() || composed.array() != octets) { // it has grown
      composed = Unpooled.wrappedBuffer(octets);
    }
    return composed.setIndex(0, requestFields.length());
  }

  /** What happened on the connections. Any thread. */
  public Http2Counters counters() {
    return counters;
  }
}
