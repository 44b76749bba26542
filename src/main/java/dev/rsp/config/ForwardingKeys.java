// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.http.ClientTls;
import dev.rsp.http.Forwarding;
import dev.rsp.http.RequestIdField;
import dev.rsp.http.TraceParent;
import dev.rsp.http.TrustedProxies;
import dev.rsp.http.UntrustedFields;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaValue;

/**
 * Reads and checks {@code trusted_proxies}, its short form {@code forwarded}, {@code
 * untrusted_fields} and {@code request_id}; and of {@code via} whether it is false.
 */
final class ForwardingKeys {
  /** Twice as many as rsp knows by itself. */
  static final int MAX_FIELDS = 100;

  private static final String FIELD =
      "the name of a field, of up to "
          + UntrustedFields.MAX_NAME
          + " characters, that has no meaning to rsp itself";

  private final Map<String, LuaValue> globals;
  private final Problems problems;

  ForwardingKeys(Map<String, LuaValue> globals, Problems problems) {
    this.globals = globals;
    this.problems = problems;
  }

  /**
   * Reads the keys.
   *
   * @param certificates whether clients of an address to listen on may have certificates
   */
  Forwarding read(boolean certificates) {
    RequestIdField id = requestId();
    return new Forwarding(
        trusted(),
        untrusted(id, !global(TraceKeys.TRACES).isnil(), certificates),
        !isFalse(global(Keys.VIA)),
        id);
  }

  private LuaValue global(String name) {
    return globals.getOrDefault(name, LuaValue.NIL);
  }

  /** Whether a value is {@code false}: a key that is not set is not. */
  static boolean isFalse(LuaValue value) {
    return value.isboolean() && !value.toboolean();
  }

  private TrustedProxies trusted() {
    LuaValue value = global(Keys.FORWARDED);
    KeyPath path = KeyPath.global(Keys.FORWARDED);
    String mode = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    boolean append = mode.equals("append");
    if (!value.isnil() && !mode.equals("replace") && !append) {
      problems.add(path, value, "\"replace\" or \"append\"");
    }
    if (global(Keys.TRUSTED_PROXIES).isnil()) {
      return append ? TrustedProxies.EVERY_PEER : TrustedProxies.NONE;
    }
    KeyPath list = KeyPath.global(Keys.TRUSTED_PROXIES);
    TrustedProxies named = NetworkList.read(list, global(Keys.TRUSTED_PROXIES), problems);
    boolean trustsNone = named.equals(TrustedProxies.NONE);
    if (append) {
      problems.add(path, value, "not with trusted_proxies: \"append\" trusts every peer");
    } else if (mode.equals("replace") && !trustsNone) {
      problems.add(path, value, "not with trusted_proxies: \"replace\" trusts no peer");
    }
    return named;
  }

  /**
   * @param id is untrusted like the others; null for none
   * @param traced whether rsp writes traceparent itself
   * @param certificates whether rsp says itself which certificate a client has
   */
  private UntrustedFields untrusted(
      @Nullable RequestIdField id, boolean traced, boolean certificates) {
    List<String> names = new ArrayList<>();
    if (global(Keys.UNTRUSTED_FIELDS).isnil()) {
      if (id == null && !traced && !certificates) {
        return UntrustedFields.DEFAULTS;
      }
      names.addAll(UntrustedFields.defaultNames());
    } else {
      KeyPath path = KeyPath.global(Keys.UNTRUSTED_FIELDS);
      LuaValue value = global(Keys.UNTRUSTED_FIELDS);
      for (TextList.Entry entry : TextList.read(path, value, MAX_FIELDS, FIELD, problems)) {
        if (UntrustedFields.isValid(entry.text())) {
          names.add(entry.text());
        } else {
          problems.add(entry.path(), entry.value(), FIELD);
        }
      }
    }
    if (id != null) {
      names.add(id.name());
    }
    Set<String> own = new HashSet<>();
    if (traced) {
      names.add(TraceParent.NAME);
      names.add(TraceParent.STATE);
      own.add(TraceParent.NAME);
    }
    if (certificates) {
      for (String name : List.of(ClientTls.VERIFY_FIELD, ClientTls.SUBJECT_FIELD)) {
        String lower = name.toLowerCase(Locale.ROOT);
        names.removeIf(lower::equalsIgnoreCase);
        names.add(lower);
        own.add(lower);
      }
    }
    return UntrustedFields.of(names, own);
  }

  private @Nullable RequestIdField requestId() {
    LuaValue value = global(Keys.REQUEST_ID);
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    if (RequestIdField.isValid(text)) {
      return new RequestIdField(text);
    }
    if (!value.isnil()) {
      problems.add(KeyPath.global(Keys.REQUEST_ID), value, FIELD + ", such as \"X-Request-ID\"");
    }
    return null;
  }
}
