// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.http.Parsed;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Headers of the PROXY protocol as receivers must read them, by sections 2.1 and 2.2 of its text.
 */
@Timeout(20)
final class ProxyHeaderReaderTest {
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
  private static final String IPV4 = "c0000201" + "c6336402" + "dd04" + "01bb";
  private static final String IPV6 =
      "20010db8000000000000000000000001" + "20010db8000000000000000000000002" + "dd04" + "01bb";

  private static ProxyHeader read(String text) {
    return read(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Reads in front of other bytes and behind consumed ones, and expects what each part is. */
  private static ProxyHeader read(byte[] bytes) {
    ByteBuf buffer = Unpooled.directBuffer();
    buffer.writeBytes("consumed".getBytes(StandardCharsets.US_ASCII)).writeBytes(bytes);
    buffer.skipBytes(8);
    ProxyHeader whole = ProxyHeaderReader.read(buffer);
    assertEquals(bytes.length, buffer.readableBytes(), "nothing is consumed");
    for (int known = 0; known < bytes.length; known++) {
      ProxyHeader part = ProxyHeaderReader.read(buffer.slice(8, known));
      boolean complete = whole.parsed() == Parsed.DONE && known >= whole.length();
      if (complete || part.parsed() == Parsed.REFUSED) {
        assertEquals(whole, part, "of " + known + " bytes");
      } else {
        assertEquals(ProxyHeader.MORE, part, "of " + known + " bytes");
      }
    }
    buffer.release();
    return whole;
  }

  private static byte[] v2(String versionAndCommand, String family, String block) {
    String length = "%04x".formatted(block.length() / 2);
    return hex(SIGNATURE + versionAndCommand + family + length + block);
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }

  private static ProxyHeader header(
      int length, String source, int sourcePort, String dest, int port) {
    return ProxyHeader.of(
        length, new InetSocketAddress(source, sourcePort), new InetSocketAddress(dest, port));
  }

  private static void refused(String fault, ProxyHeader header) {
    assertEquals(ProxyHeader.refused(fault), header);
  }

  // Version 1 ------------------------------------------------------------------------------------

  @Test
  void aLineNamesAddressesAndPorts() {
    String line = "PROXY TCP4 192.0.2.1 198.51.100.2 56580 443\r\n";
    assertEquals(
        header(line.length(), "192.0.2.1", 56580, "198.51.100.2", 443),
        read(line + "GET / HTTP/1.1\r\n\r\n"));
    String other = "PROXY TCP6 2001:db8::1 2001:DB8:0:0:0:0:0:2 0 65535\r\n";
    assertEquals(header(other.length(), "2001:db8::1", 0, "2001:db8::2", 65535), read(other));
  }

  @Test
  void anIpv4MappedAddressIsThatOfIpv4() {
    String line = "PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6402 1 2\r\n";
    assertEquals(header(line.length(), "192.0.2.1", 1, "198.51.100.2", 2), read(line));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY UNKNOWN",
        "PROXY UNKNOWN ffff::1 ffff::2 65535 65535",
        "PROXY UNKNOWN what \0\u00e9\r ever",
      })
  void unknownNamesNoAddressWhateverFollowsIt(String line) {
    assertEquals(ProxyHeader.local(line.length() + 2), read(line + "\r\nrest"));
  }

  @Test
  void theLongestLineHas107Bytes() {
    String longest =
        "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
            + " ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
    assertEquals(107, longest.length());
    assertEquals(ProxyHeader.local(107), read(longest));
    refused("PROXY v1: longer than 107 bytes", read(longest.replace("\r", "1\r")));
    refused("PROXY v1: longer than 107 bytes", read("PROXY UNKNOWN " + "a".repeat(1000)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "PROXY\r\n",
        "PROXX TCP4 ",
        "proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n",
        " PROXY UNKNOWN\r\n",
        "\r\nPROXY UNKNOWN\r\n",
        "\u0016\u0003\u0001",
        "\0",
      })
  void bytesThatNoHeaderBeginsWithAreRefusedAtOnce(String text) {
    refused("no PROXY header", read(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TCP4 192.0.2.1 198.51.100.2 1|not six words",
        "TCP4 192.0.2.1 198.51.100.2 1 2 3|not six words",
        "TCP4 192.0.2.1  198.51.100.2 1 2|not six words",
        "TCP4|not six words",
        "UNKNOWNS 192.0.2.1 198.51.100.2 1 2|neither TCP4, TCP6 nor UNKNOWN",
        "unknown a b c d|neither TCP4, TCP6 nor UNKNOWN",
        "UDP4 192.0.2.1 198.51.100.2 1 2|neither TCP4, TCP6 nor UNKNOWN",
        "TCP4 192.0.2.256 198.51.100.2 1 2|an invalid address or port",
        "TCP4 192.0.2.01 198.51.100.2 1 2|an invalid address or port",
        "TCP4 192.0.2 198.51.100.2 1 2|an invalid address or port",
        "TCP4 ::1 ::1 1 2|an invalid address or port",
        "TCP6 192.0.2.1 198.51.100.2 1 2|an invalid address or port",
        "TCP6 2001:db8::1 198.51.100.2 1 2|an invalid address or port",
        "TCP6 [::1] ::1 1 2|an invalid address or port",
        "TCP6 fe80::1%eth0 ::1 1 2|an invalid address or port",
        "TCP6 1::2::3 ::1 1 2|an invalid address or port",
        "TCP4 localhost 198.51.100.2 1 2|an invalid address or port",
        "TCP4 192.0.2.1 198.51.100.2 01 2|an invalid address or port",
        "TCP4 192.0.2.1 198.51.100.2 65536 2|an invalid address or port",
        "TCP4 192.0.2.1 198.51.100.2 100000 2|an invalid address or port",
        "TCP4 192.0.2.1 198.51.100.2 -1 2|an invalid address or port",
        "TCP4 192.0.2.1 198.51.100.2 1 0x2|an invalid address or port",
        "'TCP4 192.0.2.1 198.51.100.2 1 '|an invalid address or port",
        "'TCP4 192.0.2.1 198.51.100.2 1 2\t'|an invalid address or port",
        "TCP4\t192.0.2.1 198.51.100.2 1 2|not six words",
        "TCP4 192.0.2.1\0 198.51.100.2 1 2|an invalid address or port",
        "TCP4 192.0.2.\u0661 198.51.100.2 1 2|an invalid address or port",
      })
  void aLineInAnotherFormIsRefused(String words, String fault) {
    refused("PROXY v1: " + fault, read("PROXY " + words + "\r\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY UNKNOWN\nGET / HTTP/1.1\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r \n",
        "PROXY \n",
      })
  void aLineThatEndsWithoutCrIsRefused(String text) {
    refused("PROXY v1: the line does not end with CRLF", read(text));
  }

  @Test
  void aBareCrIsPartOfAWord() {
    refused(
        "PROXY v1: an invalid address or port",
        read("PROXY TCP4 192.0.2.1\r 198.51.100.2 1 2\r\n"));
  }

  // Version 2 ------------------------------------------------------------------------------------

  @Test
  void aBlockNamesAddressesAndPorts() {
    assertEquals(header(28, "192.0.2.1", 56580, "198.51.100.2", 443), read(v2("21", "11", IPV4)));
    assertEquals(header(52, "2001:db8::1", 56580, "2001:db8::2", 443), read(v2("21", "21", IPV6)));
  }

  @Test
  void anIpv4MappedAddressInABlockIsThatOfIpv4() {
    String zeros = "00000000000000000000ffff";
    String block = zeros + "c0000201" + zeros + "c6336402" + "0001" + "0002";
    assertEquals(header(52, "192.0.2.1", 1, "198.51.100.2", 2), read(v2("21", "21", block)));
  }

  @Test
  void aUnixClientHasNoIpAddress() {
    SocketAddress unnamed = UnixDomainSocketAddress.of("");
    String paths = "2f746d70" + "00".repeat(212);
    assertEquals(ProxyHeader.of(16 + 216, unnamed, unnamed), read(v2("21", "31", paths)));
  }

  /** Health checks; some senders leave the addresses of the connection in the block. */
  @ParameterizedTest
  @CsvSource({"00,''", "11," + IPV4, "21," + IPV6, "11,00", "ff,0102030405"})
  void localIsSkippedWhateverItsBlockIs(String family, String block) {
    byte[] header = v2("20", family, block);
    byte[] more = Arrays.copyOf(header, header.length + 3);
    assertEquals(ProxyHeader.local(header.length), read(more));
  }

  /** Section 2.2: the receiver then uses the addresses of the connection. */
  @ParameterizedTest
  @CsvSource({"00,''", "00,ffffff", "01," + IPV4, "10," + IPV4, "12," + IPV4, "22," + IPV6})
  void familiesAndTransportsThatDoNotFitAStreamNameNoAddress(String family, String block) {
    byte[] header = v2("21", family, block);
    assertEquals(ProxyHeader.local(header.length), read(header));
  }

  @ParameterizedTest
  @CsvSource({
    "11,11," + IPV4 + ",another version",
    "31,11," + IPV4 + ",another version",
    "a1,11," + IPV4 + ",another version",
    "22,11," + IPV4 + ",an unknown command",
    "2f,11," + IPV4 + ",an unknown command",
    "21,41," + IPV4 + ",an unknown family or transport",
    "21,f1," + IPV4 + ",an unknown family or transport",
    "21,13," + IPV4 + ",an unknown family or transport",
    "21,11,c0000201c6336402dd0401,too short for its addresses",
    "21,21," + IPV4 + ",too short for its addresses",
    "21,31," + IPV6 + ",too short for its addresses",
    "21,11,'',too short for its addresses",
  })
  void aBlockInAnotherFormIsRefused(String command, String family, String block, String fault) {
    refused("PROXY v2: " + fault, read(v2(command, family, block)));
  }

  @Test
  void aBlockOfMoreThan4096BytesIsRefusedByItsLengthAlone() {
    String block = IPV4 + "04" + "0fe1" + "00".repeat(0xfe1);
    assertEquals(4096, v2("21", "11", block).length);
    assertEquals(
        header(4096, "192.0.2.1", 56580, "198.51.100.2", 443), read(v2("21", "11", block)));
    for (String length : List.of("0ff1", "ffff")) {
      for (String command : List.of("20", "21")) {
        refused("PROXY v2: longer than 4096 bytes", read(hex(SIGNATURE + command + "11" + length)));
      }
    }
  }

  @Test
  void tlvsAreSkipped() {
    // ALPN, NOOP, SSL with nested TLVs, one of AWS, an empty one.
    String tlvs = "0100026832" + "040000" + "2000080100000000210000" + "ea000401767063" + "e00000";
    byte[] header = v2("21", "11", IPV4 + tlvs);
    assertEquals(header(header.length, "192.0.2.1", 56580, "198.51.100.2", 443), read(header));
  }

  @Test
  void nestedTlvsAreNotFollowed() {
    StringBuilder tlvs = new StringBuilder();
    for (int length = 0; length < 4000; length += 8) {
      tlvs.insert(0, "20%04x0000000000".formatted(5 + length));
    }
    byte[] header = v2("21", "11", IPV4 + tlvs);
    assertEquals(header(header.length, "192.0.2.1", 56580, "198.51.100.2", 443), read(header));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"01", "0100", "010001", "01000268", "04ffff", "030003000000", "0300050000000000"})
  void malformedTlvsAreRefused(String tlvs) {
    refused("PROXY v2: the TLVs are malformed", read(v2("21", "11", IPV4 + tlvs)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0100026832"})
  void aChecksumIsChecked(String tlvs) {
    byte[] header = v2("21", "11", IPV4 + "03000400000000" + tlvs);
    var crc = new CRC32C();
    crc.update(header);
    byte[] valid = v2("21", "11", IPV4 + "030004%08x".formatted(crc.getValue()) + tlvs);
    assertEquals(header(valid.length, "192.0.2.1", 56580, "198.51.100.2", 443), read(valid));
    for (int i = 16; i < valid.length; i++) {
      byte[] damaged = valid.clone();
      damaged[i] ^= 1;
      assertEquals(Parsed.REFUSED, refusedOrNoChecksum(damaged, i), "byte " + i);
    }
    refused("PROXY v2: the CRC32C is wrong", read(v2("21", "11", IPV4 + "03000400000000" + tlvs)));
  }

  /** Damage to the type of the checksum's TLV hides it. */
  private static Parsed refusedOrNoChecksum(byte[] header, int damagedAt) {
    return damagedAt == 28 ? Parsed.REFUSED : read(header).parsed();
  }

  @Test
  void twoChecksumsAreRefused() {
    refused(
        "PROXY v2: the TLVs are malformed",
        read(v2("21", "11", IPV4 + "0300040000000003000400000000")));
  }

  @Test
  void aSignatureThatIsDamagedIsRefusedAtThatByte() {
    byte[] header = v2("21", "11", IPV4);
    for (int i = 0; i < 12; i++) {
      byte[] damaged = Arrays.copyOf(header, i + 1);
      damaged[i] ^= 1;
      refused("no PROXY header", read(damaged));
    }
  }
}
