// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

/** Why an exchange ended. Each ends with exactly one of these. */
enum Ending {
  /** The response went out whole. */
  SERVED,
  /** rsp answered itself. */
  REFUSED,
  /** The client went away before the response had gone out. */
  CLIENT_GONE,
  /** The response could not be finished, and the client was shown so. */
  CUT,
  /** The connection became a tunnel, and ended as one. */
  TUNNELLED
}
