// SPDX-License-Identifier: Apache-2.0
import { memo } from "preact/compat";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, type Api, type Plan, type Space, type SpaceChange } from "./api";
import { aligned, flows, grouped, lineOf, OTHERS, shares } from "./flows";
import { count, percent, plural } from "./format";
import { fill, Loading, Problem, Swatch } from "./parts";

/** The API takes no larger file. */
const MOST_BYTES = 64 * 1024 * 1024;

/** How many slots the key beside a picture names. */
const NAMED = 12;

type Names = Map<number, string>;

function nameOf(index: number, names: Names): string {
  return index === OTHERS ? "other slots" : index === 0 ? "no slot" : (names.get(index) ?? `slot ${index}`);
}

/** The hash space, and what an edit would move. */
export function SpaceView({ api, names, generation }: { api: Api; names: Names; generation: number }) {
  const [space, setSpace] = useState<Space | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    api.get<Space>("api/space", stop.signal).then(
      (answer) => (setSpace(answer), setError(null)),
      (e) => e instanceof ApiError && setError(e.message),
    );
    return () => stop.abort();
  }, [api, generation, attempt]);
  return (
    <div class="space">
      <section aria-labelledby="now">
        <h2 id="now">Which slot has which part</h2>
        {space ? (
          <Now space={space} names={names} />
        ) : error !== null ? (
          <Problem what="The hash space could not be read." error={error} onRetry={() => setAttempt((n) => n + 1)} />
        ) : (
          <Loading what="the hash space" />
        )}
      </section>
      <Candidate api={api} names={names} />
    </div>
  );
}

function Now({ space, names }: { space: Space; names: Names }) {
  const parts = shares(space.slots);
  const text =
    `${space.buckets} sample hosts; ` +
    parts.slice(0, NAMED).map((p) => `${nameOf(p.index, names)} has ${percent(p.share)}`).join(", ") +
    (parts.length > NAMED ? `, and ${parts.length - NAMED} more slots` : "");
  return (
    <>
      <p class="dim">Each square is one of {count(space.buckets)} sample hosts, in the colour of the slot that it goes to.</p>
      <Squares slots={space.slots} text={text} />
      <Key parts={parts} names={names} />
    </>
  );
}

/** One path for each slot, as 1,024 elements would be slow. Drawn once: only another configuration changes it. */
const Squares = memo(function Squares({ slots, before, text }: { slots: number[]; before?: number[]; text: string }) {
  const columns = 64;
  const rows = Math.ceil(slots.length / columns);
  const paths = new Map<string, { index: number; stays: boolean; path: string }>();
  grouped(before ?? slots, slots).forEach(({ before: now, after: index }, i) => {
    const stays = before !== undefined && now === index;
    const key = `${index} ${stays}`;
    const path = paths.get(key)?.path ?? "";
    const square = `M${(i % columns) * 10 + 0.5} ${Math.floor(i / columns) * 10 + 0.5}h9v9h-9z`;
    paths.set(key, { index, stays, path: path + square });
  });
  return (
    <svg class="squares" viewBox={`0 0 ${columns * 10} ${rows * 10}`} role="img" aria-label={text}>
      {[...paths].map(([key, { index, stays, path }]) => (
        <path key={key} d={path} class={stays ? "stays" : undefined} style={{ fill: fill(index) }} />
      ))}
    </svg>
  );
});

function Key({ parts, names }: { parts: { index: number; share: number }[]; names: Names }) {
  const [all, setAll] = useState(false);
  const shown = all ? parts : parts.slice(0, NAMED);
  return (
    <>
      <ul class="key">
        {shown.map((part) => (
          <li key={part.index}>
            <Swatch index={part.index} />
            <span class="name">{nameOf(part.index, names)}</span>
            <span class="value">{percent(part.share)}</span>
          </li>
        ))}
      </ul>
      {parts.length > NAMED && (
        <button type="button" class="quiet" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? "Show fewer" : `Show all ${count(parts.length)} slots`}
        </button>
      )}
    </>
  );
}

type Result =
  | { is: "none" }
  | { is: "running" }
  | { is: "problems"; problems: string[] }
  | { is: "failed"; error: string }
  | { is: "change"; change: SpaceChange; plan: Plan };

function Candidate({ api, names }: { api: Api; names: Names }) {
  const [result, setResult] = useState<Result>({ is: "none" });
  const [tooLarge, setTooLarge] = useState<string | null>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    if (result.is !== "none" && result.is !== "running") {
      heading.current?.focus();
    }
  }, [result]);

  const ask = async (e: Event) => {
    e.preventDefault();
    const file = text.current!.value;
    if (file.trim() === "") {
      text.current!.focus();
      return;
    }
    setResult({ is: "running" });
    try {
      // One after the other: the second runs only if the file is correct.
      const change = await api.postFile<SpaceChange>("api/space", file);
      const plan = await api.postFile<Plan>("api/plan", file);
      setResult({ is: "change", change, plan });
    } catch (e) {
      const error = e instanceof ApiError ? e : new ApiError(0, String(e));
      setResult(error.problems.length > 0 ? { is: "problems", problems: error.problems } : { is: "failed", error: error.message });
    }
  };
  const take = async (file: File | undefined) => {
    if (file === undefined) {
      return;
    }
    const large = file.size > MOST_BYTES;
    setTooLarge(large ? `${file.name} has more than 64 MiB.` : null);
    if (!large) {
      text.current!.value = await file.text();
    }
  };
  const show = (line: number) => {
    const field = text.current!;
    const lines = field.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0);
    field.focus();
    field.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    field.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(field).lineHeight));
  };
  return (
    <section aria-labelledby="edit">
      <h2 id="edit">What an edit would move</h2>
      <p class="dim">Nothing changes: rsp only compares this file with the configuration in force.</p>
      <form class="candidate" onSubmit={ask}>
        <label for="candidate">The edited configuration</label>
        <textarea
          id="candidate"
          ref={text}
          rows={12}
          spellcheck={false}
          autocomplete="off"
          placeholder={"listen = …\nbackends = { … }"}
          onDragOver={(e) => e.preventDefault()}
          onDrop={(e) => {
            const file = e.dataTransfer?.files[0];
            if (file) {
              e.preventDefault();
              void take(file);
            }
          }}
        />
        <div class="buttons">
          <label class="file">
            <span>or a file</span>
            <input type="file" accept=".lua,.py,.txt,text/*" onChange={(e) => void take(e.currentTarget.files?.[0])} />
          </label>
          <span class="gap" />
          <button type="submit" class="primary" disabled={result.is === "running"}>
            {result.is === "running" ? "Comparing…" : "Show what it moves"}
          </button>
        </div>
        {tooLarge !== null && <Problem what="This file is too large." error={tooLarge} />}
      </form>
      {result.is === "running" && <Loading what="the comparison" />}
      {result.is === "failed" && <Problem what="The files could not be compared." error={result.error} />}
      {result.is === "problems" && (
        <div class="notice bad">
          <h3 ref={heading} tabIndex={-1}>
            rsp would refuse this file: {plural(result.problems.length, "problem")}
          </h3>
          <ul class="lines">
            {result.problems.map((problem, i) => {
              const line = lineOf(problem);
              return (
                <li key={i}>
                  {problem}{" "}
                  {line !== null && (
                    <button type="button" class="link" onClick={() => show(line)}>
                      Go to line {line}
                    </button>
                  )}
                </li>
              );
            })}
          </ul>
        </div>
      )}
      {result.is === "change" && (
        <>
          <h3 ref={heading} tabIndex={-1} class="verdict-line">
            {result.plan.hosts > 0 ? (
              <>
                {count(result.plan.moved)} of {plural(result.plan.hosts, "known host")} would move ({result.plan.percent.toFixed(1)} %)
              </>
            ) : (
              <>{percent(result.change.moved)} of all hosts would move</>
            )}
          </h3>
          <Change change={result.change} plan={result.plan} names={names} />
        </>
      )}
    </section>
  );
}

function Change({ change, plan, names }: { change: SpaceChange; plan: Plan; names: Names }) {
  const next = useMemo(() => aligned(change.after, change.names_after, names), [change, names]);
  const text = `${percent(change.moved)} of the sample moves to another slot.`;
  return (
    <>
      <p class="dim">
        {plan.requests > 0 && <>With them {percent(plan.moved_requests / plan.requests)} of the requests. </>}
        Of all hosts that there may be, {percent(change.moved)} move.
      </p>
      <FlowPicture before={change.before} after={next.after} names={next.names} />
      <p class="dim">The sample by the slot of now, in the colours after the edit. What stays is pale.</p>
      <Squares slots={next.after} before={change.before} text={text} />
      {plan.pairs.length > 0 && (
        <div class="scroll">
          <table class="plain">
            <caption>Known hosts that move</caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">To</th>
                <th scope="col" class="number">Hosts</th>
                <th scope="col" class="number">Requests</th>
              </tr>
            </thead>
            <tbody>
              {plan.pairs.slice(0, 50).map((pair) => (
                <tr key={`${pair.from} ${pair.to}`}>
                  <td>{pair.from}</td>
                  <td>{pair.to}</td>
                  <td class="number">{count(pair.hosts)}</td>
                  <td class="number">{plan.requests > 0 ? percent(pair.requests / plan.requests) : "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {plan.pairs.length > 50 && <p class="dim">and {plural(plan.pairs.length - 50, "more pair")}: see rsp plan</p>}
        </div>
      )}
      {plan.alternatives.length > 0 && (
        <>
          <h3>Edits that move fewer</h3>
          <ul class="alternatives">
            {plan.alternatives.map((a) => (
              <li key={a.what}>
                <b>{a.percent.toFixed(1)} %</b> {a.what} <span class="dim">({plural(a.moved, "host")})</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {plan.warnings.length > 0 && (
        <div class="notice">
          <h3>Warnings</h3>
          <ul class="lines">
            {plan.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** Two bars, before and after, with ribbons between them: what stays is grey, what moves has the colour of its new slot. */
function FlowPicture({ before, after, names }: { before: number[]; after: number[]; names: Names }) {
  const { before: left, after: right, ribbons } = flows(before, after);
  const width = 640;
  const height = Math.max(160, Math.min(420, 22 * Math.max(left.length, right.length)));
  const [x0, x1, bar] = [120, width - 120, 10];
  const y = (part: number) => part * height;
  const moved = ribbons.filter((r) => r.from !== r.to).sort((a, b) => b.size - a.size);
  const text =
    moved.length === 0
      ? "Nothing moves."
      : "What moves: " +
        moved.slice(0, NAMED).map((r) => `${percent(r.size)} from ${nameOf(r.from, names)} to ${nameOf(r.to, names)}`).join(", ") +
        (moved.length > NAMED ? `, and ${moved.length - NAMED} smaller parts` : "");
  const label = (size: number) => y(size) >= 11;
  return (
    <svg class="flows" viewBox={`0 0 ${width} ${height + 22}`} role="img" aria-label={text}>
      <text x={x0 + bar} y="11" text-anchor="end" class="side">now</text>
      <text x={x1 - bar} y="11" class="side">after</text>
      <g transform="translate(0 20)">
        {[...ribbons].sort((a, b) => Number(a.from !== a.to) - Number(b.from !== b.to)).map((r) => {
          const [a0, a1, b0, b1] = [y(r.fromStart), y(r.fromStart + r.size), y(r.toStart), y(r.toStart + r.size)];
          const [from, to] = [x0 + bar, x1 - bar];
          const mid = (from + to) / 2;
          return (
            <path
              key={`${r.from} ${r.to}`}
              class={r.from === r.to ? "stays" : "moves"}
              d={`M${from} ${a0}C${mid} ${a0} ${mid} ${b0} ${to} ${b0}V${b1}C${mid} ${b1} ${mid} ${a1} ${from} ${a1}Z`}
              style={{ fill: r.from === r.to ? "var(--none)" : fill(r.to) }}
            />
          );
        })}
        {left.map((b) => (
          <g key={b.index}>
            <rect x={x0} y={y(b.start)} width={bar} height={Math.max(0.5, y(b.size) - 1)} style={{ fill: fill(b.index) }} />
            {label(b.size) && (
              <text x={x0 - 6} y={y(b.start + b.size / 2)} text-anchor="end" dominant-baseline="central">
                {short(nameOf(b.index, names))}
              </text>
            )}
          </g>
        ))}
        {right.map((b) => (
          <g key={b.index}>
            <rect x={x1 - bar} y={y(b.start)} width={bar} height={Math.max(0.5, y(b.size) - 1)} style={{ fill: fill(b.index) }} />
            {label(b.size) && (
              <text x={x1 + 6} y={y(b.start + b.size / 2)} dominant-baseline="central">
                {short(nameOf(b.index, names))}
              </text>
            )}
          </g>
        ))}
      </g>
    </svg>
  );
}

/** The pictures have room for so much of a name. */
function short(name: string): string {
  return name.length > 16 ? `${name.slice(0, 15)}…` : name;
}
