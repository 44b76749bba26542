// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.Rule;
import dev.rsp.config.Limits;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each exchange ends in exactly one way, and is counted as that and nothing else. */
final class EndingTest {
  static Stream<Scene> scenes() {
    return Stream.of(
            RequestScenes.all(), ConnectScenes.all(), ResponseScenes.all(), ClientScenes.all())
        .flatMap(scenes -> scenes);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scenes")
  @Rule(74)
  void isCountedOnce(Scene scene) throws Exception {
    String expected = scene.ending().label() + "=1";
    Transport transport = Transport.of("auto");
    var faults = new FaultyLoop(transport);
    try (Rig rig = new Rig(transport, faults)) {
      rig.reload(scene.config().toArray(new String[0]));
      scene.play().on(new Scene.Stage(rig, faults));
      rig.await(expected, () -> !rig.summary().isEmpty());
      assertEquals(expected, rig.summary());
      // Whatever is left of its connections ends nothing else.
      rig.runOnLoop(rig.loop()::closeAll);
      rig.await("no client", () -> rig.clients() == 0);
      assertEquals(expected, rig.summary());
    }
  }

  @Test
  void everyEndingHasAScene() {
    Set<Ending> missing = EnumSet.allOf(Ending.class);
    scenes().forEach(scene -> missing.remove(scene.ending()));
    assertEquals(Set.of(), missing);
  }

  @Test
  void everyEndingIsExplainedToOperators() throws IOException {
    String document = Files.readString(Path.of("src/docs/operations.md"));
    assertEquals(
        List.of(),
        Arrays.stream(Ending.values())
            .map(Ending::label)
            .filter(label -> !document.contains("`" + label + "`"))
            .toList());
  }

  /** But for {@code backend_idle}, above which no exchange is refused. */
  @Test
  void everyLimitHasAScene() {
    String configs = scenes().map(scene -> scene.config().toString()).collect(Collectors.joining());
    Stream<String> limits =
        Arrays.stream(Limits.class.getRecordComponents())
            .map(RecordComponent::getName)
            .map(name -> name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT))
            .filter(key -> !key.equals("backend_idle"));
    assertEquals(
        List.of(),
        Stream.concat(limits, Stream.of("held_body_bytes", "held_total_bytes"))
            .filter(key -> !configs.contains("{" + key + " = "))
            .toList());
  }
}
