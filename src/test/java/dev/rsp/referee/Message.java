// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.util.List;

/**
 * A message that can be interpreted in only one way.
 *
 * @param startLine the request line or the status line, without its end
 * @param fields the field lines, in order
 * @param body the first {@value StreamReader#KEPT_BODY_BYTES} bytes of the content, one character
 *     per byte, without the chunks' framing
 * @param bodyBytes the length of the whole content
 * @param trailers the field lines after the last chunk
 * @param whole whether the message is complete; if not, every reader can detect that
 */
public record Message(
    String startLine,
    List<Field> fields,
    String body,
    long bodyBytes,
    List<Field> trailers,
    boolean whole) {}
