// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { ApiError, type Api } from "./api";
import { Dialog } from "./parts";

type Step = { is: "question" } | { is: "running" } | { is: "done"; accepted: boolean; lines: string[] };

/** Has rsp read its file again, and says what it made of it. */
export function ReloadDialog({ api, file, onClose }: { api: Api; file: string | null; onClose: () => void }) {
  const [step, setStep] = useState<Step>({ is: "question" });
  const reload = () => {
    setStep({ is: "running" });
    api.postJson<{ accepted: boolean; lines: string[] }>("api/reload", {}).then(
      (verdict) => setStep({ is: "done", ...verdict }),
      (e) => {
        const lines = e instanceof ApiError && e.problems.length > 0 ? e.problems : [e instanceof Error ? e.message : String(e)];
        setStep({ is: "done", accepted: false, lines });
      },
    );
  };
  return (
    <Dialog title="Reload the configuration" onClose={onClose}>
      {step.is !== "done" ? (
        <>
          <p>
            rsp reads {file ? <code>{file}</code> : "its file"} again. If it is correct and its guards allow it, it is in force at once, for
            new requests. No request is lost. If not, nothing changes.
          </p>
          <p class="dim">
            To see first what moves, use <a href="#/space" onClick={onClose}>Hash space</a>.
          </p>
        </>
      ) : (
        <div class={`notice ${step.accepted ? "good" : "bad"}`} role="alert">
          <p>
            <b>{step.accepted ? "Reloaded." : "Refused. Nothing has changed."}</b>
          </p>
          <ul class="lines">
            {step.lines.map((line, i) => (
              <li key={i}>{line}</li>
            ))}
          </ul>
        </div>
      )}
      <div class="buttons">
        <button type="button" onClick={onClose}>
          {step.is === "done" ? "Close" : "Cancel"}
        </button>
        {step.is !== "done" && (
          <button type="button" class="primary" onClick={reload} disabled={step.is === "running"}>
            {step.is === "running" ? "Reloading…" : "Reload now"}
          </button>
        )}
      </div>
    </Dialog>
  );
}
