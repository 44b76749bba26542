// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Limits;
import dev.rsp.http.BodyFraming.Progress;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;

/**
 * Reads the requests of one client connection, one after the other: the head, then the body. It
 * gives each to the exchange, or refuses it.
 *
 * <p>Its {@link ClientConnection} calls it, on the loop.
 */
final class RequestReader {
  private static final Refusal NO_HOST = new Refusal(400, "no Host field");
  private static final Refusal LONG_HOST = new Refusal(400, "host too long");

  private final ProxyLoop loop;
  private final Channel channel;
  private final ClientConnection connection;
  private final RequestInput input;
  private final ClientAddress address;

  private boolean parsing;

  RequestReader(
      ProxyLoop loop,
      Channel channel,
      ClientConnection connection,
      RequestInput input,
      ClientAddress address) {
    this.loop = loop;
    this.channel = channel;
    this.connection = connection;
    this.input = input;
    this.address = address;
  }

  /** Takes more of a head, or of what comes before one, and takes over the buffer. */
  void readHead(ByteBuf bytes) {
    if (input.holdHead(bytes, loop.service().terms.limits.headBytes())) {
      readRequests();
    }
  }

  /** Takes requests out of what was read, as long as each is answered at once. */
  void readRequests() {
    if (parsing) {
      return;
    }
    parsing = true;
    try {
      takeRequests();
    } finally {
      parsing = false;
    }
    if (connection.state == ClientState.HEAD) {
      if (!channel.isWritable()) {
        connection.setReading(false);
      } else if (connection.inputEnded()) {
        connection.end.closeAfterFlush();
      } else {
        connection.setReading(true);
      }
    }
  }

  private void takeRequests() {
    // Answers to a client that sends but does not read must not pile up.
    while (connection.state == ClientState.HEAD && channel.isWritable() && input.hasBytes()) {
      Service service = loop.service();
      RequestHead head = loop.requestHead;
      Parsed parsed = input.head(service.terms.parser, head);
      if (parsed == Parsed.MORE) {
        if (!connection.end.open() && input.hasBegun()) {
          connection.end.begin();
          connection.clock.awaitHead();
        }
        break;
      }
      connection.end.begin();
      if (parsed == Parsed.REFUSED) {
        connection.answer.startLast(head.isHead());
        connection.answer.refuse(head.refusal(), endingOf(head.refusal()));
      } else {
        begin(service, head);
      }
    }
  }

  private static Ending endingOf(Refusal refusal) {
    return switch (refusal.status()) {
      case 414 -> Ending.LIMIT_TARGET;
      case 431 -> Ending.LIMIT_HEAD;
      default -> Ending.REFUSED;
    };
  }

  private void begin(Service service, RequestHead head) {
    connection.answer.start(head);
    Limits limits = service.terms.limits;
    if (head.hostLength() == 0) {
      if (service.defaultHost == null) {
        connection.answer.refuseLast(NO_HOST, Ending.REFUSED);
        return;
      }
      head.assumeHost(service.defaultHost);
    } else if (head.hostLength() > limits.hostBytes()) {
      connection.answer.refuseLast(LONG_HOST, Ending.LIMIT_HOST);
      return;
    }
    Progress progress = input.startBody(head, limits);
    BodyFault fault = input.fault(progress);
    if (fault != null) {
      connection.answer.refuseLast(fault.refusal(), fault.ending());
      return;
    }
    ByteBuf body = input.firstBody();
    boolean whole = progress == Progress.DONE;
    connection.state = whole ? ClientState.ANSWER : ClientState.BODY;
    try {
      boolean expectsContinue = !whole && head.expectContinue() && !body.isReadable();
      connection.exchange.holdTo(service.terms);
      if (whole) {
        connection.clock.awaitResponse();
      } else {
        connection.clock.awaitBody(expectsContinue);
      }
    } catch (Throwable e) {
      body.release();
      throw e;
    }
    connection.exchange.begin(service, head, body, whole, address);
  }

  /** Takes more of a body, and takes over the buffer. */
  void readBody(ByteBuf bytes) {
    Progress progress = input.moreBody(bytes);
    BodyFault fault = input.fault(progress);
    if (fault != null) {
      bytes.release();
      connection.exchange.abandon();
      connection.answer.refuseOrCut(fault.refusal(), fault.ending());
      return;
    }
    ByteBuf body = input.split(bytes);
    int length = body.readableBytes();
    boolean last = progress == Progress.DONE;
    if (last) {
      connection.state = ClientState.ANSWER;
    }
    connection.exchange.requestBody(body, last);
    if (!last && connection.state == ClientState.BODY) {
      connection.clock.bodyCame(length);
    } else if (connection.state == ClientState.ANSWER && !input.holdsBuffer()) {
      // The backend may have yet to take it, but nothing more comes for it to wait for: only by
      // reading is it seen that the client leaves.
      connection.setReading(true);
    }
  }
}
