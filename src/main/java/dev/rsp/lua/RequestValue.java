// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.lib.TwoArgFunction;

/**
 * The {@code request} object of a script. Read-only; it cannot be used after the call has ended.
 */
final class RequestValue extends LuaValue {
  private static final LuaString HOST = valueOf("host");
  private static final Header HEADER = new Header();

  private final RequestView view;
  private final Monitor monitor;
  private boolean ended;

  RequestValue(RequestView view, Monitor monitor) {
    this.view = view;
    this.monitor = monitor;
  }

  /** Invalidates the object: a script that kept it gets errors. */
  void end() {
    ended = true;
  }

  @Override
  public int type() {
    return TUSERDATA;
  }

  @Override
  public String typename() {
    return "userdata";
  }

  @Override
  public String tojstring() {
    return "request";
  }

  @Override
  public LuaValue get(LuaValue key) {
    if (ended) {
      throw new LuaError("the request has ended (expected: use while select runs)");
    }
    if (key.raweq(HOST)) {
      return string(view.host());
    }
    monitor.effects().readMoreThanHost();
    String field = key instanceof LuaString name ? Messages.decode(name) : key.typename();
    return switch (field) {
      case "original_host" -> string(view.originalHost());
      case "method" -> string(view.method());
      case "path" -> string(view.path());
      case "query" -> string(view.query());
      case "scheme" -> string(view.scheme());
      case "client" -> string(view.client());
      case "header" -> HEADER;
      default ->
          throw new LuaError(
              "request has no field '"
                  + Messages.clean(field)
                  + "' (expected: host, method, path, query, scheme, client, header or original_host)");
    };
  }

  @Override
  public void set(LuaValue key, LuaValue value) {
    throw new LuaError("request cannot be changed");
  }

  private LuaValue header(LuaString name) {
    if (ended) {
      throw new LuaError("the request has ended (expected: use while select runs)");
    }
    monitor.effects().readMoreThanHost();
    monitor.meter().scan(name.m_length);
    String value =
        view.header(
            new String(name.m_bytes, name.m_offset, name.m_length, StandardCharsets.ISO_8859_1));
    return value == null ? NIL : string(value);
  }

  /** One byte per character: clients send bytes, and Lua strings are bytes. */
  private LuaString string(String value) {
    monitor.meter().allocate(value.length());
    return LuaString.valueUsing(value.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The function {@code request:header(name)}. */
  private static final class Header extends TwoArgFunction {
    @Override
    public LuaValue call(@Nullable LuaValue request, @Nullable LuaValue name) {
      if (request instanceof RequestValue value && name instanceof LuaString string) {
        return value.header(string);
      }
      throw new LuaError("invalid use of request.header (expected: request:header(name))");
    }
  }
}
