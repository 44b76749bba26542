// SPDX-License-Identifier: Apache-2.0
import type { Reload } from "./api";
import { ago, localTime } from "./format";
import { Loading, Problem } from "./parts";

/** The last reloads: what moved, and what was refused and why. */
export function ReloadsView({ reloads, error, onRetry }: { reloads: Reload[] | null; error: string | null; onRetry: () => void }) {
  if (error !== null && reloads === null) {
    return <Problem what="The reloads could not be read." error={error} onRetry={onRetry} />;
  }
  if (reloads === null) {
    return <Loading what="the reloads" />;
  }
  if (reloads.length === 0) {
    return (
      <p class="empty">
        <b>No reload since rsp started.</b> After a reload, this says which hosts moved, or why it was refused.
      </p>
    );
  }
  return (
    <ol class="reloads">
      {reloads.map((reload) => (
        <li key={reload.at} class={reload.accepted ? "accepted" : "refused"}>
          <h2>
            <span class={`verdict ${reload.accepted ? "good" : "bad"}`}>{verdict(reload)}</span>
            <time dateTime={reload.at}>{localTime(reload.at)}</time>
            <span class="dim">{ago(reload.at, Date.now())}</span>
          </h2>
          <p class="dim">
            By {reload.by}. {reload.accepted ? "In force since then:" : "Still in force:"} configuration {reload.generation}.
          </p>
          {reload.lines.length > 0 ? (
            <ul class="lines">
              {reload.lines.map((line, i) => (
                <li key={i}>{line}</li>
              ))}
            </ul>
          ) : (
            <p>Nothing was reported.</p>
          )}
        </li>
      ))}
    </ol>
  );
}

function verdict(reload: Reload): string {
  if (!reload.accepted) {
    return "Refused";
  }
  return reload.kind === "override" ? "State set" : "Accepted";
}
