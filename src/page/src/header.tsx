// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { ApiError, post, type Status } from "./api";
import { moment } from "./format";
import type { Connection } from "./stream";
import { Dialog } from "./ui";

const CONNECTIONS: Record<Connection, string> = {
  connecting: "connecting",
  live: "live",
  lost: "not connected",
};

interface Verdict {
  accepted: boolean;
  lines: string[];
}

export function Header(props: {
  status: Status | null;
  connection: Connection;
  onReloaded: () => void;
}) {
  const [asked, setAsked] = useState(false);
  const { status } = props;
  return (
    <header>
      <a class="brand" href="#slots">
        rsp
      </a>
      {status !== null && (
        <dl class="facts">
          <div>
            <dt>Version</dt>
            <dd>{status.version}</dd>
          </div>
          <div>
            <dt>Listens on</dt>
            <dd>{status.listen.join(", ")}</dd>
          </div>
          <div>
            <dt>File</dt>
            <dd>{status.file}</dd>
          </div>
          <div>
            <dt>In force</dt>
            <dd>
              no. {status.generation}, since {moment(status.since)}
            </dd>
          </div>
        </dl>
      )}
      <span class={`connection ${props.connection}`} role="status">
        {CONNECTIONS[props.connection]}
      </span>
      <button type="button" onClick={() => setAsked(true)}>
        Reload…
      </button>
      {asked && (
        <ReloadDialog
          file={status?.file ?? "the file"}
          onReloaded={props.onReloaded}
          onClose={() => setAsked(false)}
        />
      )}
    </header>
  );
}

function ReloadDialog(props: { file: string; onReloaded: () => void; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const [verdict, setVerdict] = useState<Verdict | null>(null);

  async function reload() {
    setBusy(true);
    try {
      setVerdict(await post<Verdict>("api/reload", "", "application/json"));
      props.onReloaded();
    } catch (e) {
      const problems = e instanceof ApiError ? e.problems : [];
      setVerdict({ accepted: false, lines: problems.length > 0 ? problems : [String(e)] });
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog title="Reload the configuration" onClose={props.onClose}>
      <div role="status">
        {verdict === null ? (
          <p>
            rsp reads {props.file} and uses it for new requests. Requests in flight keep their backend. A file with a
            mistake, or one that moves more hosts than <code>reload.max_moves</code> allows, changes nothing.
          </p>
        ) : (
          <>
            <p class={verdict.accepted ? "good" : "bad"}>
              {verdict.accepted ? "Accepted." : "Refused. The old configuration stays in force."}
            </p>
            {verdict.lines.length > 0 && <pre tabIndex={0}>{verdict.lines.join("\n")}</pre>}
          </>
        )}
      </div>
      <form method="dialog" class="buttons">
        <button type="submit">{verdict === null ? "Cancel" : "Close"}</button>
        {verdict === null && (
          <button type="button" class="primary" disabled={busy} onClick={() => void reload()}>
            {busy ? "Reloading…" : "Reload"}
          </button>
        )}
      </form>
    </Dialog>
  );
}
