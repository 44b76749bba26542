// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.util.Locale;

/** A status line and its fields. See {@link Head} for how long it is valid. */
public final class ResponseHead extends Head {
  int status;
  int reasonStart;
  int reasonEnd;
  boolean hasDate;

  @Override
  void clear() {
    super.clear();
    status = 0;
    reasonStart = 0;
    reasonEnd = 0;
    hasDate = false;
  }

  /** The status code, 100 to 999. */
  public int status() {
    return status;
  }

  /** RFC 9110 §15.2: whether another head follows this one. 101 ends the exchange of heads. */
  public boolean interim() {
    return status < 200 && status != 101;
  }

  /** Whether the backend takes another request on the same connection. */
  public boolean keepAlive() {
    return !http10 && !connectionClose;
  }

  /** The protocol that a 101 changes to, in lower case; empty if it names none. */
  public String upgradeTo() {
    String value = connectionUpgrade ? field("upgrade") : null;
    return value == null ? "" : value.toLowerCase(Locale.ROOT);
  }
}
