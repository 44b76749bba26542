// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

/** The numbers of settings: RFC 9113 §6.5.2. */
public final class Setting {
  public static final int ENABLE_PUSH = 2;
  public static final int MAX_CONCURRENT_STREAMS = 3;
  public static final int INITIAL_WINDOW_SIZE = 4;
  public static final int MAX_HEADER_LIST_SIZE = 6;

  /** RFC 8441 §3. */
  public static final int ENABLE_CONNECT_PROTOCOL = 8;

  private Setting() {}
}
