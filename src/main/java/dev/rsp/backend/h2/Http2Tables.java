// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend.h2;

import dev.rsp.exchange.LoopState;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.h2.BackendRequestFields;
import dev.rsp.http.h2.BackendResponseFields;
import dev.rsp.net.NetLoop;

/**
 * What the HTTP/2 connections of one loop to backends share: tables of fields, which are used for
 * one message at a time, on the loop.
 */
final class Http2Tables {
  private final LoopState loop;
  private final BackendRequestFields requests = new BackendRequestFields();
  private final BackendResponseFields responses = new BackendResponseFields();
  private final ResponseHead head = new ResponseHead();

  /** Those of a loop. Any thread. */
  Http2Tables(LoopState loop) {
    this.loop = loop;
  }

  NetLoop net() {
    return loop.net();
  }

  BackendRequestFields requests() {
    return requests;
  }

  BackendResponseFields responses() {
    return responses;
  }

  ResponseHead head() {
    return head;
  }

  /** How large the head of a response may be. */
  int mostHeadBytes() {
    return loop.terms().limits.headBytes();
  }
}
