// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { color, rate } from "./format";

/** Something is wrong, and what the reader can do. */
export function Problem(props: { title: string; children?: ComponentChildren; lines?: string[] }) {
  return (
    <div class="problem" role="alert">
      <strong>{props.title}</strong>
      {props.children && <p>{props.children}</p>}
      {props.lines && props.lines.length > 0 && <pre tabIndex={0}>{props.lines.join("\n")}</pre>}
    </div>
  );
}

/** There is nothing to show yet, or nothing at all. */
export function Empty(props: { children: ComponentChildren }) {
  return <p class="empty">{props.children}</p>;
}

export function Loading(props: { what: string }) {
  return (
    <p class="empty" role="status">
      Loading {props.what}…
    </p>
  );
}

/** The colored square of a slot. The name beside it says the same. */
export function Swatch(props: { index: number }) {
  return (
    <svg class="swatch" width="12" height="12" aria-hidden="true">
      <rect width="12" height="12" rx="2" fill={color(props.index)} />
    </svg>
  );
}

const WIDTH = 96;
const HEIGHT = 24;

/** The rates of the last minute as a small line. */
export function Sparkline(props: { rates: number[]; wide?: boolean }) {
  const { rates } = props;
  const top = Math.max(1, ...rates);
  const step = WIDTH / 59;
  const start = WIDTH - (rates.length - 1) * step;
  const points = rates.map(
    (n, i) => `${(start + i * step).toFixed(1)},${(HEIGHT - 2 - (n / top) * (HEIGHT - 4)).toFixed(1)}`,
  );
  const text = rates.length === 0 ? "no figures yet" : `highest ${rate(Math.max(...rates))} in the last minute`;
  return (
    <svg
      class={props.wide ? "spark wide" : "spark"}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={text}
    >
      {points.length > 1 && (
        <>
          <polygon
            class="area"
            points={`${start.toFixed(1)},${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`}
          />
          <polyline points={points.join(" ")} />
        </>
      )}
    </svg>
  );
}

/** A dialog that opens at once, and is closed by its buttons or Escape. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement) {
        opener.focus();
      }
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={props.onClose}>
      <h2 id="dialog-title">{props.title}</h2>
      {props.children}
    </dialog>
  );
}
