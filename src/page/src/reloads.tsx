// SPDX-License-Identifier: Apache-2.0
import type { Reload } from "./api";
import { moment } from "./format";
import { Empty, Loading } from "./ui";

/** The last reloads: what moved, and what was refused. */
export function ReloadsView(props: { reloads: Reload[] | null }) {
  const { reloads } = props;
  if (reloads === null) {
    return <Loading what="reloads" />;
  }
  if (reloads.length === 0) {
    return <Empty>No reload since the start. Only the last 20 are kept.</Empty>;
  }
  return (
    <ol class="reloads">
      {[...reloads]
        .sort((a, b) => b.at.localeCompare(a.at))
        .map((reload) => (
          <li key={`${reload.at} ${reload.generation}`}>
            <p>
              <span class={`badge ${reload.accepted ? "up" : "down"}`}>
                {reload.accepted ? "accepted" : "refused"}
              </span>{" "}
              <time dateTime={reload.at}>{moment(reload.at)}</time>{" "}
              <span class="note">
                by {reload.by}, {reload.accepted ? "in force as" : "still in force:"} no. {reload.generation}
              </span>
            </p>
            {reload.lines.length > 0 && <pre tabIndex={0}>{reload.lines.join("\n")}</pre>}
          </li>
        ))}
    </ol>
  );
}
