// SPDX-License-Identifier: Apache-2.0

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A count, with separators: 12,345. */
export function count(n: number): string {
  return whole.format(n);
}

/** A number a second: one digit after the point below 10. */
export function rate(n: number): string {
  return n > 0 && n < 10 ? oneDigit.format(n) : whole.format(n);
}

/** A part from 0 to 1 as a percentage. What is not nothing is not shown as 0. */
export function percent(part: number): string {
  return part > 0 && part < 0.0005 ? "<0.1 %" : `${oneDigit.format(part * 100)} %`;
}

/** Milliseconds: 0.8, 12, 1,200. */
export function millis(ms: number): string {
  return ms < 10 ? oneDigit.format(ms) : whole.format(ms);
}

/** Seconds, with digits where they matter: 0.42 s, 12.3 s, 1,234 s. */
export function seconds(s: number): string {
  return `${s < 1 ? s.toFixed(2) : s < 100 ? oneDigit.format(s) : whole.format(s)} s`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes with a binary unit. */
export function bytes(n: number): string {
  let unit = 0;
  let value = n;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit > 0 && value < 10 ? oneDigit.format(value) : whole.format(value)} ${UNITS[unit]}`;
}

/** A noun with its number: 1 host, 2 hosts. */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** A time of the API as date and time here, to the second. */
export function localTime(at: string): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) {
    return at;
  }
  const two = (n: number) => String(n).padStart(2, "0");
  return (
    `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ` +
    `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  );
}

/** How long ago a time was, in one unit. */
export function ago(at: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000));
  if (!(seconds >= 60)) {
    return "less than a minute ago";
  }
  const [n, unit] =
    seconds < 3600 ? [seconds / 60, "minute"] : seconds < 86_400 ? [seconds / 3600, "hour"] : [seconds / 86_400, "day"];
  return `${plural(Math.floor(n as number), unit as string)} ago`;
}
