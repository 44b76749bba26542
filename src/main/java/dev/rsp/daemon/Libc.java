// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The one function of the C library that rsp needs and Java does not offer: {@code signal}.
 *
 * <p>It is called by reflection through the foreign-function interface, which is an incubator
 * module in Java 17 and standard from Java 22 on. Java 21 has the same interface as a preview,
 * which reflection may use without a flag. In Java 18 to 20 the interface was still changing, so a
 * call may fail there.
 */
final class Libc {
  private Libc() {}

  /**
   * Installs {@code abs} as the handler of a signal, so that the process does nothing on it. The
   * handler before is replaced in one system call.
   *
   * <p>The signal must not be ignored instead: HotSpot could not see the difference from the {@code
   * trap} of the launcher, and child processes would inherit it. The default action must not be
   * restored either, not even for a microsecond, because it could end the process. So a handler is
   * needed that does nothing: {@code abs} is in every C library, takes an int, and has no side
   * effect.
   *
   * @param signal the number of the signal
   * @throws ReflectiveOperationException if this Java does not have the expected interface
   * @throws IllegalStateException if the C library refused, or native access is not enabled
   */
  static void handleWithAbs(int signal) throws ReflectiveOperationException {
    MethodHandle handle = Runtime.version().feature() < 18 ? incubating() : standard();
    long before;
    try {
      before = (long) handle.invoke(signal);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new ReflectiveOperationException(e);
    }
    if (before == -1) { // SIG_ERR
      throw new IllegalStateException("signal(" + signal + ") was refused");
    }
  }

  /** {@code signal(int, abs)} through java.lang.foreign; pointers are passed as longs. */
  private static MethodHandle standard() throws ReflectiveOperationException {
    Class<?> linkerType = Class.forName("java.lang.foreign.Linker");
    Class<?> optionsType = Class.forName("[Ljava.lang.foreign.Linker$Option;");
    Class<?> segmentType = Class.forName("java.lang.foreign.MemorySegment");
    Class<?> layoutType = Class.forName("java.lang.foreign.MemoryLayout");
    Class<?> valueType = Class.forName("java.lang.foreign.ValueLayout");
    Class<?> functionType = Class.forName("java.lang.foreign.FunctionDescriptor");

    Object linker = linkerType.getMethod("nativeLinker").invoke(null);
    Object symbols = linkerType.getMethod("defaultLookup").invoke(linker);
    Method find = Class.forName("java.lang.foreign.SymbolLookup").getMethod("find", String.class);
    Object signal = found(find.invoke(symbols, "signal"));
    Object abs = found(find.invoke(symbols, "abs"));

    Object intLayout = valueType.getField("JAVA_INT").get(null);
    Object longLayout = valueType.getField("JAVA_LONG").get(null);
    Object function = function(functionType, layoutType, longLayout, intLayout, longLayout);
    Object options = Array.newInstance(optionsType.componentType(), 0);
    Method downcall =
        linkerType.getMethod("downcallHandle", segmentType, functionType, optionsType);
    MethodHandle handle = (MethodHandle) downcall.invoke(linker, signal, function, options);
    return bindLast(handle, (long) segmentType.getMethod("address").invoke(abs));
  }

  /**
   * The same through jdk.incubator.foreign. If that module is named on the command line, Java
   * prints a warning; it does not if the module is loaded here, as Java loads its own agents.
   */
  private static MethodHandle incubating() throws ReflectiveOperationException {
    Method load =
        Class.forName("jdk.internal.module.Modules").getMethod("loadModule", String.class);
    Module module = (Module) load.invoke(null, "jdk.incubator.foreign");
    Class<?> linkerType = type(module, "CLinker");
    Class<?> symbolType = type(module, "Addressable");
    Class<?> addressType = type(module, "MemoryAddress");
    Class<?> layoutType = type(module, "MemoryLayout");
    Class<?> functionType = type(module, "FunctionDescriptor");

    Object linker = linkerType.getMethod("getInstance").invoke(null);
    Object symbols = linkerType.getMethod("systemLookup").invoke(null);
    Method lookup = type(module, "SymbolLookup").getMethod("lookup", String.class);
    Object signal = found(lookup.invoke(symbols, "signal"));
    Object abs = found(lookup.invoke(symbols, "abs"));

    Object intLayout = linkerType.getField("C_INT").get(null);
    Object longLayout = linkerType.getField("C_LONG").get(null);
    Object function = function(functionType, layoutType, longLayout, intLayout, longLayout);
    MethodType type = MethodType.methodType(long.class, int.class, long.class);
    Method downcall =
        linkerType.getMethod("downcallHandle", symbolType, MethodType.class, functionType);
    MethodHandle handle = (MethodHandle) downcall.invoke(linker, signal, type, function);
    return bindLast(handle, (long) addressType.getMethod("toRawLongValue").invoke(abs));
  }

  private static MethodHandle bindLast(MethodHandle signal, long handler) {
    return MethodHandles.insertArguments(signal, 1, handler);
  }

  private static Class<?> type(Module module, String name) throws ClassNotFoundException {
    Class<?> type = Class.forName(module, "jdk.incubator.foreign." + name);
    if (type == null) {
      throw new ClassNotFoundException(name);
    }
    return type;
  }

  private static Object function(
      Class<?> functionType, Class<?> layoutType, Object result, Object first, Object second)
      throws ReflectiveOperationException {
    Object arguments = Array.newInstance(layoutType, 2);
    Array.set(arguments, 0, first);
    Array.set(arguments, 1, second);
    return functionType
        .getMethod("of", layoutType, arguments.getClass())
        .invoke(null, result, arguments);
  }

  private static Object found(Object symbol) {
    return ((Optional<?>) symbol).orElseThrow(() -> new NoSuchElementException("not in libc"));
  }
}
