// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.util.List;

/** The fields of a head, by name. */
record Head(List<Field> fields) {
  List<String> values(String name) {
    return fields.stream().filter(field -> field.is(name)).map(Field::value).toList();
  }

  boolean has(String name) {
    return fields.stream().anyMatch(field -> field.is(name));
  }

  /** The elements of all lines of a list field, in lower case. */
  List<String> list(String name) {
    return Grammar.list(String.join(",", values(name)));
  }

  /** The value of a field that may occur once; "" if it is missing. */
  String single(String name, String section) {
    List<String> values = values(name);
    if (values.size() > 1) {
      throw new Foul(section, values.size() + " fields " + name);
    }
    return values.isEmpty() ? "" : values.get(0);
  }

  /** RFC 9110 §7.6.1: fields that apply to another single hop. */
  void noneOf(String... names) {
    for (String name : names) {
      if (has(name)) {
        throw new Foul("RFC 9110 §7.6.1", "a field of another hop: " + name);
      }
    }
  }

  /** The connection options of this hop; any other would name a field that has been removed. */
  List<String> connection(String... allowed) {
    List<String> options = list("Connection");
    for (String option : options) {
      if (!List.of(allowed).contains(option)) {
        throw new Foul("RFC 9110 §7.6.1", "a connection option of another hop: " + option);
      }
    }
    if (options.size() > 1 || (options.isEmpty() && has("Connection"))) {
      throw new Foul("RFC 9110 §7.6.1", "Connection with " + options.size() + " options");
    }
    return options;
  }

  /** RFC 9112 §6.3: the framing according to the fields, of exactly one kind, or {@code none}. */
  Framing framing(Framing none) {
    List<String> codings = values("Transfer-Encoding");
    List<String> lengths = values("Content-Length");
    if (!codings.isEmpty() && !lengths.isEmpty()) {
      throw new Foul("RFC 9112 §6.3 rule 3", "both Transfer-Encoding and Content-Length");
    }
    if (!codings.isEmpty()) {
      if (codings.size() > 1 || !codings.get(0).equalsIgnoreCase("chunked")) {
        throw new Foul("RFC 9112 §6.1", "Transfer-Encoding: " + String.join(", ", codings));
      }
      return Framing.CHUNKED;
    }
    if (lengths.isEmpty()) {
      return none;
    }
    String length = single("Content-Length", "RFC 9112 §6.3 rule 5");
    if (!Grammar.LENGTH.matcher(length).matches()) {
      throw new Foul("RFC 9110 §8.6", "Content-Length: " + length);
    }
    return Framing.length(Long.parseLong(length));
  }
}
