// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.lib.TwoArgFunction;

/**
 * The {@code request} that a script sees. It cannot be changed, and answers nothing once the call
 * that it was made for has ended.
 */
final class RequestValue extends LuaValue {
  private static final LuaString HOST = valueOf("host");
  private static final Header HEADER = new Header();

  private final RequestView view;
  private final Watch watch;
  private boolean over;

  RequestValue(RequestView view, Watch watch) {
    this.view = view;
    this.watch = watch;
  }

  /** Ends its life: what a script keeps of it answers no more. */
  void end() {
    over = true;
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
    if (over) {
      throw new LuaError("this request is over (expected: to be used while select runs)");
    }
    if (key.raweq(HOST)) {
      return string(view.host());
    }
    watch.effects().lookedFurther();
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
    if (over) {
      throw new LuaError("this request is over (expected: to be used while select runs)");
    }
    watch.effects().lookedFurther();
    watch.meter().scan(name.m_length);
    String value =
        view.header(
            new String(name.m_bytes, name.m_offset, name.m_length, StandardCharsets.ISO_8859_1));
    return value == null ? NIL : string(value);
  }

  /** One byte per character: what the client sent is bytes, and so are Lua's strings. */
  private LuaString string(String value) {
    watch.meter().allocate(value.length());
    return LuaString.valueUsing(value.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The function behind {@code request:header(name)}. */
  private static final class Header extends TwoArgFunction {
    @Override
    public LuaValue call(@Nullable LuaValue request, @Nullable LuaValue name) {
      if (request instanceof RequestValue value && name instanceof LuaString string) {
        return value.header(string);
      }
      throw new LuaError("bad use of request.header (expected: request:header(name))");
    }
  }
}
