// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { hue } from "./slots";

/** The sign of rsp: one way in, two ways out. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 16 16" width="20" height="20" aria-hidden="true">
      <rect width="16" height="16" rx="3" />
      <path d="M3 8h4m0 0 3-4h3M7 8h6M7 8l3 4h3" />
    </svg>
  );
}

/** A small square in the colour of a slot. */
export function Swatch({ index }: { index: number }) {
  return (
    <svg class="swatch" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
      <rect width="10" height="10" rx="2" style={{ fill: fill(index) }} />
    </svg>
  );
}

/** The colour of a slot; grey for none and for several. Lightness follows the scheme. */
export function fill(index: number): string {
  return index <= 0 ? "var(--none)" : `hsl(${hue(index)} var(--slot-s) var(--slot-l))`;
}

/** A line of the last values. It is decoration: the number beside it says the last one. */
export function Sparkline({ values, length, width = 96, height = 22 }: { values: number[]; length: number; width?: number; height?: number }) {
  const most = Math.max(1, ...values);
  const step = width / (length - 1);
  const start = width - (values.length - 1) * step;
  const points = values.map((v, i) => `${(start + i * step).toFixed(1)},${(height - 2 - (v / most) * (height - 4)).toFixed(1)}`);
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true" preserveAspectRatio="none">
      {points.length > 1 && (
        <>
          <polygon points={`${start.toFixed(1)},${height} ${points.join(" ")} ${width},${height}`} />
          <polyline points={points.join(" ")} />
        </>
      )}
    </svg>
  );
}

/** The state of a slot, in words and colour. */
export function State({ state }: { state: string }) {
  return <span class={`state ${state}`}>{state}</span>;
}

/** A modal dialog of the browser: it keeps the focus and gives it back; Escape closes it. */
export function Dialog({ title, children, onClose }: { title: string; children: ComponentChildren; onClose: () => void }) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    const dialog = element.current!;
    dialog.showModal();
    return () => {
      // As long as it is open, nothing outside can have the focus.
      dialog.close();
      if (before instanceof HTMLElement) {
        before.focus();
      }
    };
  }, []);
  return (
    <dialog ref={element} aria-labelledby={id} onClose={onClose} onCancel={(e) => (e.preventDefault(), onClose())}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

/** Something is asked for and has not come yet. */
export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      <span class="bar" aria-hidden="true" />
      Loading {what}…
    </p>
  );
}

/** Something that failed, with a way to try again. */
export function Problem({ what, error, onRetry }: { what: string; error: string; onRetry?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <p>
        <b>{what}</b> {error}
      </p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
