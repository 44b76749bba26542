// SPDX-License-Identifier: Apache-2.0
import type { Certificate } from "./api";
import { count, plural } from "./format";

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
