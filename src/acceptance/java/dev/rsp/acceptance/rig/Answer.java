// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

/**
 * A response.
 *
 * @param head its status line and fields
 * @param body its body, without framing, one character per byte
 */
public record Answer(String head, String body) {
  /** The status code; 0 if the connection ended instead of a response. */
  public int status() {
    return head.isEmpty() ? 0 : Integer.parseInt(head.substring(9, 12));
  }

  /** The value of a field; "" if there is none. */
  public String field(String name) {
    return Wire.field(head, name);
  }
}
