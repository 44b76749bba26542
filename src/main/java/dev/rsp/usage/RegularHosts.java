// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

/** Says which hosts were served for so long that clients have hardly invented them. Any thread. */
@FunctionalInterface
public interface RegularHosts {
  /** None is known. */
  RegularHosts NONE = (octets, length) -> false;

  /** Whether it has a host, which is in {@code octets}, from 0. */
  boolean contain(byte[] octets, int length);
}
