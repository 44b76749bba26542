// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

/** An owner of content that does nothing with what it is told. */
final class PassiveOwner implements OutgoingContent.Owner {
  @Override
  public void frameWritten(int octets, int frameOctets) {}

  @Override
  public void drained() {}
}
