// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

/** What is awaited on a client's connection; the {@link ClientClock} knows for how long. */
enum ClientWait {
  /** The rest of a request's head: in all. */
  HEAD,
  /** The next request. */
  REQUEST,
  /** The next bytes of a request's body. */
  BODY,
  /** The backend's word that it wants the body (RFC 9110 §10.1.1), or its answer: in all. */
  CONTINUE,
  /** The head of the response: in all, from the end of the request. */
  RESPONSE,
  /** The next bytes of the response, or that the client takes some. */
  MORE,
  /** The next bytes of a tunnel, either way. */
  TUNNEL,
  /** That the client takes the last answer of this connection. */
  TAKEN,
  /** That the client closes, after an answer that came before it was done sending: in all. */
  CLOSE
}
