// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/** What the bytes of a head received so far amount to. */
public enum Parsed {
  /** No complete head yet. */
  MORE,
  /** A valid head; its length is known. */
  DONE,
  /** A head that must not be forwarded; the head says why. */
  REFUSED
}
