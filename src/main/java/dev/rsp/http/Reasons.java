// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/** The reason phrases of the statuses of responses that rsp makes itself (RFC 9110 §15). */
public final class Reasons {
  private Reasons() {}

  /** The reason phrase of a status; "Error" for one that rsp does not use. */
  public static String of(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 308 -> "Permanent Redirect";
      case 400 -> "Bad Request";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 408 -> "Request Timeout";
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 417 -> "Expectation Failed";
      case 421 -> "Misdirected Request";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 501 -> "Not Implemented";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      case 505 -> "HTTP Version Not Supported";
      case 508 -> "Loop Detected";
      default -> "Error";
    };
  }
}
