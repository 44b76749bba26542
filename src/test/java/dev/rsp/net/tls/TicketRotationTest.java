// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The keys of session tickets, with time and without, with a file and without. */
@Timeout(60)
final class TicketRotationTest {
  @TempDir Path folder;

  private final TestClock clock = new TestClock();
  private final TicketKeys keys = TicketKeys.random();
  private final TicketRotation rotation = new TicketRotation(keys, clock);

  private static final class TestClock extends Clock {
    private Instant now = Instant.now();

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    void pass(long seconds) {
      now = now.plusSeconds(seconds);
    }
  }

  @AfterEach
  void end() {
    rotation.close();
  }

  private byte[] newest() {
    return keys.keys().get(0);
  }

  private Path file() {
    return folder.resolve("ticket.keys");
  }

  private void write(byte[] bytes, String permissions) throws IOException {
    Files.deleteIfExists(file());
    Files.createFile(
        file(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(file(), bytes);
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString(permissions));
  }

  @Test
  void aNewKeySealsTicketsAfterHalfADayAndTheOldOneOpensThem() {
    byte[] first = newest();
    clock.pass(TicketKeys.ROTATION_SECONDS - 1);
    rotation.look();
    assertArrayEquals(first, newest());
    clock.pass(1);
    rotation.look();
    assertFalse(Arrays.equals(first, newest()));
    assertArrayEquals(first, keys.keys().get(1));
  }

  @Test
  void threeKeysAreKept() {
    byte[] first = newest();
    for (int i = 0; i < 3; i++) {
      clock.pass(TicketKeys.ROTATION_SECONDS);
      rotation.look();
    }
    assertEquals(3, keys.keys().size());
    keys.keys().forEach(key -> assertFalse(Arrays.equals(first, key)));
  }

  @Test
  void aFileIsMadeForItsOwnerOnly() throws IOException {
    rotation.use(file());
    assertArrayEquals(newest(), Files.readAllBytes(file()));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
    clock.pass(TicketKeys.ROTATION_SECONDS + 5);
    rotation.look();
    assertEquals(2 * TicketKeys.KEY_BYTES, Files.size(file()));
    try (var all = Files.list(folder)) {
      assertEquals(List.of(file()), all.toList());
    }
  }

  @Test
  void theKeysOfAFileAreUsedAfterARestart() throws IOException {
    byte[] two = new byte[2 * TicketKeys.KEY_BYTES];
    Arrays.fill(two, 0, TicketKeys.KEY_BYTES, (byte) 7);
    write(two, "rw-------");
    rotation.use(file());
    assertArrayEquals(Arrays.copyOf(two, TicketKeys.KEY_BYTES), newest());
    assertEquals(2, keys.keys().size());
  }

  @Test
  void keysThatAnotherProcessHasMadeAreTakenOver() throws IOException {
    rotation.use(file());
    byte[] other = new byte[TicketKeys.KEY_BYTES];
    write(other, "rw-------");
    rotation.look();
    assertArrayEquals(other, newest());
  }

  @Test
  void aFileThatIsOldWhenItIsFoundGetsANewKey() throws IOException {
    byte[] old = new byte[TicketKeys.KEY_BYTES];
    write(old, "rw-------");
    Files.setLastModifiedTime(
        file(), FileTime.from(clock.instant().minusSeconds(TicketKeys.ROTATION_SECONDS + 1)));
    rotation.use(file());
    assertFalse(Arrays.equals(old, newest()));
    assertArrayEquals(old, keys.keys().get(1));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 47, 49, 192, 4096})
  void aFileThatHasNoKeysIsNotUsedAndNotReplaced(int bytes) throws IOException {
    byte[] before = newest();
    write(new byte[bytes], "rw-------");
    rotation.use(file());
    assertArrayEquals(before, newest());
    assertEquals(bytes, Files.size(file()));
    clock.pass(TicketKeys.ROTATION_SECONDS);
    rotation.look();
    assertFalse(Arrays.equals(before, newest()), "a key must not live forever");
    assertEquals(bytes, Files.size(file()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rw-----w-"})
  void aFileThatOthersMayReadOrWriteIsNotUsed(String permissions) throws IOException {
    byte[] before = newest();
    write(new byte[TicketKeys.KEY_BYTES], permissions);
    rotation.use(file());
    assertArrayEquals(before, newest());
  }

  @Test
  void aFolderThatDoesNotExistEndsNothing() {
    byte[] before = newest();
    rotation.use(folder.resolve("no/such/file"));
    assertArrayEquals(before, newest());
  }

  @Test
  void looksOftenOnlyAtAFile() {
    rotation.use(null);
    assertEquals(600, rotation.waitSeconds());
    clock.pass(TicketKeys.ROTATION_SECONDS - 20);
    assertEquals(21, rotation.waitSeconds());
    clock.pass(100);
    assertEquals(1, rotation.waitSeconds(), "it is late");
    rotation.look();
    assertEquals(600, rotation.waitSeconds());
    rotation.use(file());
    assertEquals(10, rotation.waitSeconds());
    rotation.use(null);
    assertEquals(600, rotation.waitSeconds());
  }
}
