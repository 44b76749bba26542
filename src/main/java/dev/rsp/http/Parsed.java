// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/** The result of parsing the bytes of a head that were received so far. */
public enum Parsed {
  /** No complete head yet. */
  MORE,
  /** A valid head; its length is known. */
  DONE,
  /** A head that must not be forwarded; the head says why. */
  REFUSED
}
