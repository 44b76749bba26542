// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h2;

import dev.rsp.client.EdgeRules;
import dev.rsp.config.ListenOptions;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.h1.DateField;
import dev.rsp.http.h2.ResponseFields;
import dev.rsp.net.h2.FrameOutput;
import io.netty.util.AsciiString;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Writes the heads of the responses on one connection, with what its listen address adds. */
final class ResponseWriter {
  private static final AsciiString HSTS =
      AsciiString.cached(EdgeRules.HSTS.toLowerCase(Locale.ROOT));

  private final FrameOutput output;
  private final BiConsumer<AsciiString, AsciiString> appender;
  private final ResponseFields fields;
  private final DateField date;

  /** The value of Strict-Transport-Security; null for none. */
  private final @Nullable AsciiString hsts;

  ResponseWriter(FrameOutput output, ResponseFields fields, DateField date, ListenOptions options) {
    this.output = output;
    this.appender = output::field;
    this.fields = fields;
    this.date = date;
    this.hsts = options.hsts() == null ? null : new AsciiString(options.hsts());
  }

  /**
   * A response head.
   *
   * @param hasLength as of {@link ResponseFields#each}
   * @param last whether the response is complete with it
   * @return octets written
   */
  int headers(int stream, ResponseHead head, boolean hasLength, boolean last) {
    output.startBlock();
    fields.each(head, hasLength, date.now(), appender);
    if (hsts != null && head.status() > 100 && head.field(EdgeRules.HSTS) == null) {
      output.field(HSTS, hsts);
    }
    return output.headers(stream, last);
  }
}
