// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/**
 * Why a message is not forwarded, and the status that the client is told.
 *
 * @param status 400 to 599
 * @param why a short sentence without anything that a peer sent; it becomes the body of the answer
 */
public record Refusal(int status, String why) {}
