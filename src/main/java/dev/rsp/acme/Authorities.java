// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.security.KeyPair;

/** Makes the client of a CA. Not called before there is something to order. */
interface Authorities {
  /** The CA of these settings, for the account of these keys. Does not connect. */
  Authority open(AcmeSettings settings, KeyPair account);
}
