// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/** The client that sent a request. */
public interface Client {
  /** The IP address without port, or {@code unix:}. Behind a trusted proxy that of its client. */
  String text();
}
