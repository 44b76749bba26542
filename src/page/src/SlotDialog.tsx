// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";
import type { Api, Slot } from "./api";
import { bytes, count, millis, percent, rate } from "./format";
import { Dialog, Problem, State } from "./parts";
import { actions, consequence, type Action } from "./slots";

const LABELS: Record<Action, string> = { drain: "Drain…", down: "Take down…", up: "Bring up…", file: "As in the file…" };
const QUESTIONS: Record<Action, string> = {
  drain: "Drain this slot?",
  down: "Take this slot down?",
  up: "Bring this slot up?",
  file: "Use the state of the file again?",
};
const CONFIRM: Record<Action, string> = { drain: "Drain", down: "Take down", up: "Bring up", file: "Use the file's state" };

/** All figures of a slot, and what can be done with it. */
export function SlotDialog({ api, slot, onClose }: { api: Api; slot: Slot; onClose: () => void }) {
  const [asked, setAsked] = useState<Action | null>(null);
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const question = useRef<HTMLDivElement>(null);
  useEffect(() => question.current?.focus(), [asked]);

  const act = (action: Action) => {
    setRunning(true);
    api
      .postJson<unknown>(`api/slots/${encodeURIComponent(slot.name)}`, { state: action })
      .then(
        () => setDone(action === "file" ? `${slot.name} has the state of the file again.` : `${slot.name} is now ${action}.`),
        (e) => setError(e instanceof Error ? e.message : String(e)),
      )
      .finally(() => {
        setRunning(false);
        setAsked(null);
      });
  };

  const failures = Object.entries(slot.failures).filter(([, n]) => n > 0);
  return (
    <Dialog title={slot.name} onClose={onClose}>
      <dl class="facts">
        <dt>State</dt>
        <dd>
          <State state={slot.state} /> {slot.state !== slot.file_state && <>the file says {slot.file_state}</>}
        </dd>
        <dt>Address</dt>
        <dd>
          {slot.address ?? "none"} {slot.protocol && <span class="dim">{slot.protocol}</span>}
        </dd>
        <dt>Place</dt>
        <dd>
          {slot.index}, weight {slot.weight}
        </dd>
        <dt>Share of hosts</dt>
        <dd>
          {slot.share === null ? "unknown" : percent(slot.share)}
          {slot.hosts !== null && <span class="dim"> {count(slot.hosts)} known</span>}
        </dd>
        <dt>Requests</dt>
        <dd>
          {count(slot.requests)}, {rate(slot.rate)} a second, {count(slot.in_flight)} in flight
        </dd>
        <dt>Time</dt>
        <dd>
          {slot.latency_ms === null
            ? "no requests in the last minute"
            : `${millis(slot.latency_ms.p50)} / ${millis(slot.latency_ms.p95)} / ${millis(slot.latency_ms.p99)} ms (p50 / p95 / p99)`}
        </dd>
        <dt>Responses</dt>
        <dd>
          {Object.entries(slot.status)
            .filter(([, n]) => n > 0)
            .map(([kind, n]) => `${kind} ${count(n)}`)
            .join(", ") || "none"}
        </dd>
        <dt>Failures</dt>
        <dd>{failures.map(([kind, n]) => `${kind.replaceAll("_", " ")} ${count(n)}`).join(", ") || "none"}</dd>
        <dt>Bytes</dt>
        <dd>
          {bytes(slot.bytes_in)} in, {bytes(slot.bytes_out)} out
        </dd>
      </dl>
      <p class="notice good" role="status" hidden={done === null}>
        {done}
      </p>
      {error !== null && <Problem what="Not done." error={error} />}
      {asked !== null ? (
        <div class="question" role="group" aria-labelledby="question" tabIndex={-1} ref={question}>
          <h3 id="question">{QUESTIONS[asked]}</h3>
          <ul>
            {consequence(asked, slot).map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <div class="buttons">
            <button type="button" onClick={() => setAsked(null)}>
              Cancel
            </button>
            <button type="button" class={asked === "up" || asked === "file" ? "primary" : "danger"} onClick={() => act(asked)} disabled={running}>
              {running ? "Waiting for rsp…" : CONFIRM[asked]}
            </button>
          </div>
        </div>
      ) : (
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Close
          </button>
          <span class="gap" />
          {actions(slot).map((action) => (
            <button
              type="button"
              key={action}
              onClick={() => {
                setError(null);
                setDone(null);
                setAsked(action);
              }}
            >
              {LABELS[action]}
            </button>
          ))}
        </div>
      )}
    </Dialog>
  );
}
