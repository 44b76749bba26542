// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/**
 * Which fields of a head are not forwarded, whatever the protocol of the next hop: sets of the
 * constants of {@link FieldName}, one bit each.
 */
public final class KeptFields {
  /**
   * Fields of a request that are for one hop only, or that rsp writes itself. And Proxy, which no
   * standard knows: many libraries take the variable HTTP_PROXY for the address of their own proxy
   * ("httpoxy": CVE-2016-5385 and others).
   */
  public static final int REQUEST_DROPS =
      set(
          FieldName.CONNECTION,
          FieldName.KEEP_ALIVE,
          FieldName.PROXY_CONNECTION,
          FieldName.TE,
          FieldName.TRAILER,
          FieldName.UPGRADE,
          FieldName.HTTP2_SETTINGS,
          FieldName.ALIAS,
          FieldName.NOMINATED,
          FieldName.PROXY,
          FieldName.SUPERSEDED,
          FieldName.TRANSFER_ENCODING);

  /**
   * Fields in which a client describes the hops before it, truly or not. Forwarded only if the
   * client is a trusted proxy.
   */
  public static final int FORWARDING =
      set(
          FieldName.X_FORWARDED_FOR,
          FieldName.X_FORWARDED_PROTO,
          FieldName.X_FORWARDED_HOST,
          FieldName.FORWARDED,
          FieldName.CLAIM);

  /** Fields of a response that are for one hop only. */
  public static final int RESPONSE_DROPS =
      set(
          FieldName.CONNECTION,
          FieldName.KEEP_ALIVE,
          FieldName.PROXY_CONNECTION,
          FieldName.TE,
          FieldName.TRAILER,
          FieldName.UPGRADE,
          FieldName.NOMINATED,
          FieldName.TRANSFER_ENCODING);

  private KeptFields() {}

  private static int set(int... names) {
    int bits = 0;
    for (int name : names) {
      bits |= 1 << name;
    }
    return bits;
  }

  /** Whether a set of names contains the name of a field. */
  public static boolean contains(int names, Head head, int field) {
    return (names >> head.name(field) & 1) != 0;
  }
}
