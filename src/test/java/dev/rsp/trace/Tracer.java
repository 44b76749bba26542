// SPDX-License-Identifier: Apache-2.0
package dev.rsp.trace;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.IncompatibleThreadStateException;
import com.sun.jdi.Method;
import com.sun.jdi.StackFrame;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.connect.ListeningConnector;
import com.sun.jdi.event.Event;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.event.MethodEntryEvent;
import com.sun.jdi.event.VMDisconnectEvent;
import com.sun.jdi.request.EventRequest;
import com.sun.jdi.request.MethodEntryRequest;
import dev.rsp.config.Config;
import dev.rsp.worker.PathProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs {@link PathProbe} in a process of its own, under the JDK's debugger interface, and notes
 * each call that one GET takes, from the client connection's {@code channelRead} to the write of
 * the response to the client's socket.
 *
 * <p>Traced are the packages that carry a request between its two sockets. What they call for its
 * content (parsing, routing, hashing, logs) is not counted.
 */
public final class Tracer {
  /** The traced packages below {@code dev.rsp}, each with its subpackages. */
  private static final Set<String> ROOMS = Set.of("net", "exchange", "client", "backend", "worker");

  /** The probe sends two messages: the request to the backend, the response to the client. */
  private static final int WRITES = 2;

  private static final int TIMEOUT_MILLIS = 60_000;

  private final Set<String> traced = tracedClasses();
  private final List<Call> calls = new ArrayList<>();
  private boolean begun;
  private int writes;

  private Tracer() {}

  /**
   * Prints the path of one GET.
   *
   * @param arguments {@code --numbers} for nothing but the numbers
   */
  public static void main(String[] arguments) throws Exception {
    CallPath path = trace();
    if (!List.of(arguments).contains("--numbers")) {
      System.out.println(path.listing());
    }
    System.out.println(path.numbers());
    path.reentries()
        .forEach((name, count) -> System.out.println("  re-entry: " + name + " × " + count));
  }

  /** Traces one GET. Takes a few seconds. */
  static CallPath trace() throws Exception {
    var tracer = new Tracer();
    Path output = Files.createTempFile("trace", ".out");
    ListeningConnector connector = connector();
    Map<String, Connector.Argument> arguments = connector.defaultArguments();
    set(arguments, "localAddress", "127.0.0.1");
    set(arguments, "port", "0");
    set(arguments, "timeout", Integer.toString(TIMEOUT_MILLIS));
    Process process = start(connector.startListening(arguments), output);
    try {
      tracer.follow(connector.accept(arguments));
      if (!process.waitFor(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("the probe does not end");
      }
      if (process.exitValue() != 0 || tracer.writes != WRITES) {
        throw new IllegalStateException(
            "the probe ended with status %d after %d writes: %s"
                .formatted(process.exitValue(), tracer.writes, Files.readString(output)));
      }
    } finally {
      connector.stopListening(arguments);
      process.destroyForcibly();
      Files.delete(output);
    }
    long all = tracer.traced.stream().filter(name -> !name.contains("$")).count();
    return new CallPath(tracer.calls, (int) all);
  }

  /** The debugger's side waits for the probe, so that it can choose the loopback address. */
  private static ListeningConnector connector() {
    return Bootstrap.virtualMachineManager().listeningConnectors().stream()
        .filter(connector -> connector.name().equals("com.sun.jdi.SocketListen"))
        .findFirst()
        .orElseThrow();
  }

  private static void set(Map<String, Connector.Argument> arguments, String name, String value) {
    Connector.Argument argument = arguments.get(name);
    if (argument == null) {
      throw new IllegalStateException("this JDK's connector has no argument " + name);
    }
    argument.setValue(value);
  }

  /** Starts the probe, which stops before its main method until the debugger lets it go on. */
  private static Process start(String address, Path output) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-agentlib:jdwp=transport=dt_socket,server=n,suspend=y,address=" + address,
            "-cp",
            System.getProperty("java.class.path"),
            PathProbe.class.getName())
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  /** Lets the probe run to its end, and notes the calls. */
  private void follow(VirtualMachine machine) throws InterruptedException {
    entries(machine, PathProbe.class.getName()).enable();
    for (; ; ) {
      EventSet events = machine.eventQueue().remove(TIMEOUT_MILLIS);
      if (events == null) {
        throw new IllegalStateException("the probe hangs");
      }
      for (Event event : events) {
        if (event instanceof VMDisconnectEvent) {
          return;
        }
        if (event instanceof MethodEntryEvent entry) {
          entered(machine, entry.method(), entry.thread());
        }
      }
      events.resume();
    }
  }

  private static MethodEntryRequest entries(VirtualMachine machine, String classes) {
    MethodEntryRequest request = machine.eventRequestManager().createMethodEntryRequest();
    request.addClassFilter(classes);
    request.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
    return request;
  }

  private void entered(VirtualMachine machine, Method method, ThreadReference thread) {
    String type = method.declaringType().name();
    if (type.equals(PathProbe.class.getName())) {
      if (method.name().equals("begin")) {
        MethodEntryRequest all = entries(machine, "dev.rsp.*");
        // The probe's loop runs on its main thread.
        all.addThreadFilter(thread);
        all.enable();
      } else if (method.name().equals("end")) {
        machine
            .eventRequestManager()
            .deleteEventRequests(List.copyOf(machine.eventRequestManager().methodEntryRequests()));
      }
    } else if (traced.contains(type)) {
      begun |= method.name().equals("channelRead");
      if (begun && writes < WRITES) {
        calls.add(new Call(stack(thread)));
      }
    } else if (method.name().equals("doWrite") && !method.isBridge()) {
      writes++;
    }
  }

  private List<Call.Frame> stack(ThreadReference thread) {
    List<Call.Frame> stack = new ArrayList<>();
    try {
      for (StackFrame frame : thread.frames()) {
        Method method = frame.location().method();
        String type = method.declaringType().name();
        if (traced.contains(type)) {
          stack.add(new Call.Frame(type, method.isConstructor() ? "new" : method.name()));
        }
      }
    } catch (IncompatibleThreadStateException e) {
      throw new IllegalStateException("the thread of the event is not suspended", e);
    }
    Collections.reverse(stack);
    return stack;
  }

  /** The names of all main classes in the traced packages: test classes are in them as well. */
  private static Set<String> tracedClasses() {
    try {
      Path root = Path.of(Config.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      try (Stream<Path> files = Files.walk(root.resolve("dev/rsp"))) {
        return files
            .map(file -> root.relativize(file).toString())
            .filter(name -> name.endsWith(".class") && !name.endsWith("package-info.class"))
            .filter(name -> ROOMS.contains(name.split("/", -1)[2]))
            .map(name -> name.substring(0, name.length() - ".class".length()))
            .map(name -> name.replace('/', '.'))
            .collect(Collectors.toUnmodifiableSet());
      }
    } catch (Exception e) {
      throw new IllegalStateException("cannot list the classes", e);
    }
  }
}
