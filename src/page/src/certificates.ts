// SPDX-License-Identifier: Apache-2.0
import type { Certificate, OrderedHost, Orders } from "./api";
import { count, localTime, plural } from "./format";

/** With fewer days left, something should have renewed it: certbot and lego do so with 30 days left. */
export const SOON_DAYS = 14;

export type Condition = "broken" | "expired" | "early" | "soon" | "good";

/** What an operator must know first of a certificate. */
export function condition(certificate: Certificate): Condition {
  const { days_left: days, problem } = certificate;
  if (days === null || (problem !== null && !/^(expired|not valid before) /.test(problem))) {
    return "broken";
  }
  if (days < 0 || problem?.startsWith("expired")) {
    return "expired";
  }
  return problem !== null ? "early" : days < SOON_DAYS ? "soon" : "good";
}

/** The condition in words. */
export function verdict(certificate: Certificate): string {
  switch (condition(certificate)) {
    case "broken":
      return certificate.served ? "Broken file; the last good one is served" : "Broken, not served";
    case "expired":
      return "Expired";
    case "early":
      return "Not valid yet";
    case "soon":
      return "Expires soon";
    default:
      return "Good";
  }
}

/** How long a certificate is valid, in days: in 12 days, today, 3 days ago. */
export function inDays(days: number): string {
  return days === 0 ? "today" : days > 0 ? `in ${plural(days, "day")}` : `${plural(-days, "day")} ago`;
}

/** The names of a certificate, shortened: the first ones, and how many more there are. */
export function nameList(names: string[], most: number): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${count(names.length - most)} more` : shown;
}

/** What happens with a host for which certificates are ordered, in words. */
export function orderState(host: OrderedHost): string {
  switch (host.state) {
    case "failed":
      return host.failures > 1 ? `${plural(host.failures, "order")} failed` : "Order failed";
    case "queued":
      return "Waits for an order";
    case "ordering":
      return "Is ordered now";
    default:
      return "Has one";
  }
}

/** When something is ordered for a host; null if that is not known, or is now. */
export function nextOrder(host: OrderedHost): string | null {
  const at = host.state === "failed" ? host.next_try : host.state === "stored" ? host.renewal : null;
  return at === null ? null : `${host.state === "failed" ? "tried again" : "renewed"} ${localTime(at)}`;
}

/** Until when nothing is ordered, and why; null if orders go on. */
export function pause(orders: Orders, now: number): { title: string; reason: string } | null {
  if (orders.paused_until === null) {
    return null;
  }
  const ahead = Date.parse(orders.paused_until) > now;
  return {
    title: ahead ? `Nothing is ordered until ${localTime(orders.paused_until)}.` : "The last order was interrupted; the next one is an attempt.",
    reason: orders.pause_reason ?? "unknown",
  };
}
