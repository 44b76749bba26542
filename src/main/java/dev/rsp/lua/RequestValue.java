// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.lib.TwoArgFunction;

/**
 * The {@code request} object of a script. Read-only; it cannot be used after the call has ended.
 */
final class RequestValue extends LuaValue {
  private static final LuaString HOST = valueOf("host");

  /** Instructions for finding a field by its name, except the host. */
  private static final int FIELD_INSTRUCTIONS = 4;

  private static final Header HEADER = new Header();

  /** Null when the call has ended, so that a script that keeps this object keeps no request. */
  private @Nullable RequestView view;

  private final Monitor monitor;

  RequestValue(RequestView view, Monitor monitor) {
    this.view = view;
    this.monitor = monitor;
  }

  /** Invalidates the object: a script that kept it gets errors. */
  void end() {
    view = null;
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
    RequestView request = running();
    if (key.raweq(HOST)) {
      return string(request.host());
    }
    monitor.effects().readMoreThanHost();
    monitor.meter().charge(FIELD_INSTRUCTIONS);
    String field = key instanceof LuaString name ? Messages.decode(name) : key.typename();
    return switch (field) {
      case "original_host" -> string(request.originalHost());
      case "method" -> string(request.method());
      case "path" -> string(request.path());
      case "query" -> string(request.query());
      case "scheme" -> string(request.scheme());
      case "client" -> string(request.client());
      case "tls" -> tls(request.tls());
      case "header" -> HEADER;
      default ->
          throw new LuaError(
              "request has no field '"
                  + Messages.clean(field)
                  + "' (expected: host, method, path, query, scheme, tls, client, header or"
                  + " original_host)");
    };
  }

  @Override
  public void set(LuaValue key, LuaValue value) {
    throw new LuaError("request cannot be changed");
  }

  /** A table that the script may keep. */
  private LuaValue tls(RequestView.@Nullable Tls tls) {
    if (tls == null) {
      return NIL;
    }
    LuaTable table = new LuaTable();
    table.rawset("version", string(tls.version()));
    table.rawset("name", tls.name() == null ? NIL : string(tls.name()));
    table.rawset("protocol", tls.protocol() == null ? NIL : string(tls.protocol()));
    table.rawset("subject", tls.subject() == null ? NIL : string(tls.subject()));
    return table;
  }

  private LuaValue header(LuaString name) {
    RequestView request = running();
    monitor.effects().readMoreThanHost();
    monitor.meter().scan(name.m_length);
    String value =
        request.header(
            new String(name.m_bytes, name.m_offset, name.m_length, StandardCharsets.ISO_8859_1));
    return value == null ? NIL : string(value);
  }

  private RequestView running() {
    if (view == null) {
      throw new LuaError("the request has ended (expected: use while select runs)");
    }
    return view;
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
