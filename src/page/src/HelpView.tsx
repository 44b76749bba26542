// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { MOST_HITS, Search, withBelow, type Block, type Doc, type Hit, type Inline, type Section } from "./docs";
import { count, plural } from "./format";
import { Loading, Problem } from "./parts";

/** Where a section is in the page. */
function address(doc: Doc, section?: Section): string {
  return `#/help/${doc.name}${section === undefined || section.level === 1 ? "" : `/${section.anchor}`}`;
}

/**
 * The documents, with a search. They come with the page, and are loaded when this view is opened.
 *
 * `at` is the name of a document and, behind a slash, the anchor of a section. Each new number in `searching` puts the focus into the search.
 */
export function HelpView({ at, searching }: { at: string; searching: number }) {
  const [docs, setDocs] = useState<Doc[] | null>(null);
  const [failed, setFailed] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const [query, setQuery] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const search = useMemo(() => (docs === null ? null : new Search(docs)), [docs]);
  const found = useMemo(() => search?.find(query) ?? { hits: [], all: 0, instead: [] }, [search, query]);

  useEffect(() => {
    let gone = false;
    setFailed(false);
    import("virtual:documents").then(
      (module) => gone || setDocs(module.default),
      () => gone || setFailed(true),
    );
    return () => {
      gone = true;
    };
  }, [attempt]);
  useEffect(() => {
    if (searching > 0) {
      field.current?.focus();
      field.current?.select();
    }
  }, [searching, docs === null]);

  if (failed) {
    return (
      <Problem
        what="The documents could not be loaded."
        error="If rsp has another version since this page was opened, load the page again."
        onRetry={() => setAttempt((n) => n + 1)}
      />
    );
  }
  if (docs === null) {
    return <Loading what="the documents" />;
  }
  const [name = "", anchor = ""] = at.split("/");
  const open = docs.find((doc) => doc.name === name);
  return (
    <div class={`help${open === undefined ? "" : " open"}`}>
      <section class="finding" aria-label="Find in the documents">
        <form role="search" onSubmit={(e) => (e.preventDefault(), found.hits[0] && (location.hash = address(found.hits[0].doc, found.hits[0].section)))}>
          <label for="help-search">
            Search the documents <kbd aria-hidden="true">/</kbd>
          </label>
          <input
            id="help-search"
            ref={field}
            type="search"
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            aria-keyshortcuts="/"
            placeholder="max_moves, drain, 503, certificate…"
            value={query}
            onInput={(e) => setQuery(e.currentTarget.value)}
          />
        </form>
        <Said query={query} all={found.all} />
        {query.trim() === "" ? <Contents docs={docs} open={open} anchor={anchor} /> : <Results found={found} query={query} at={at} />}
      </section>
      {open !== undefined && <Article doc={open} anchor={anchor} searched={query.trim() !== ""} />}
    </div>
  );
}

/** Says how many were found, once the typing has stopped. */
function Said({ query, all }: { query: string; all: number }) {
  const [said, setSaid] = useState("");
  const text = query.trim() === "" ? "" : plural(all, "section");
  useEffect(() => {
    const timer = setTimeout(() => setSaid(text), 700);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <p class="hidden" role="status">
      {said}
    </p>
  );
}

function Contents({ docs, open, anchor }: { docs: Doc[]; open: Doc | undefined; anchor: string }) {
  return (
    <nav aria-label="Documents">
      <ul class="contents">
        {docs.map((doc) => (
          <li key={doc.name}>
            <a href={address(doc)} aria-current={doc === open && anchor === "" ? "page" : undefined}>
              {doc.title}
            </a>
            {doc === open && (
              <ul>
                {doc.sections
                  .filter((section) => section.level === 2)
                  .map((section) => (
                    <li key={section.anchor}>
                      <a href={address(doc, section)} aria-current={section.anchor === anchor ? "page" : undefined}>
                        {section.title}
                      </a>
                    </li>
                  ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Results({ found, query, at }: { found: { hits: Hit[]; all: number; instead: string[] }; query: string; at: string }) {
  if (found.all === 0) {
    return (
      <p class="empty">
        <b>No section has “{query.trim()}”.</b> Try fewer words, or the beginning of one.
      </p>
    );
  }
  return (
    <>
      <p class="dim how-many">
        {found.instead.length > 0 && (
          <>
            No section has “{query.trim()}”. These have “{found.instead.join(" ")}”:{" "}
          </>
        )}
        {found.all > MOST_HITS ? `the first ${MOST_HITS} of ${count(found.all)} sections` : plural(found.all, "section")}
      </p>
      <ol class="hits">
        {found.hits.map(({ doc, section, snippet }) => {
          const to = address(doc, section);
          return (
            <li key={to}>
              <a href={to} aria-current={to === `#/help/${at}` ? "page" : undefined}>
                {section.title}
              </a>
              {section.level > 1 && <span class="dim"> in {doc.title}</span>}
              <p>{snippet.map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : part))}</p>
            </li>
          );
        })}
      </ol>
    </>
  );
}

function Article({ doc, anchor, searched }: { doc: Doc; anchor: string; searched: boolean }) {
  const shown = withBelow(doc, anchor);
  const first = shown[0];
  const start = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    start.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [doc, anchor]);
  if (first === undefined) {
    return (
      <article>
        <p class="empty">
          <b>{doc.title} has no section “{anchor}”.</b> <a href={address(doc)}>Its beginning</a>
        </p>
      </article>
    );
  }
  const next = doc.sections[doc.sections.indexOf(first) + shown.length];
  return (
    <article>
      <p class="path">
        <a class="back" href="#/help">
          {searched ? "Results" : "Documents"}
        </a>
        {first.level > 1 && <a href={address(doc)}>{doc.title}</a>}
      </p>
      {shown.map((section, i) => (
        <Part key={section.anchor} section={section} below={section.level - first.level} start={i === 0 ? start : undefined} />
      ))}
      {first.level === 1 && (
        <ul>
          {doc.sections
            .filter((section) => section.level === 2)
            .map((section) => (
              <li key={section.anchor}>
                <a href={address(doc, section)}>{section.title}</a>
              </li>
            ))}
        </ul>
      )}
      {next !== undefined && (
        <p class="next">
          Next: <a href={address(doc, next)}>{next.title}</a>
        </p>
      )}
    </article>
  );
}

/** A section. Its heading follows those of the page, whatever its level in the document. */
function Part({ section, below, start }: { section: Section; below: number; start?: RefObject<HTMLHeadingElement | null> | undefined }) {
  const Heading = below === 0 ? "h2" : below === 1 ? "h3" : "h4";
  return (
    <>
      <Heading ref={start} tabIndex={start === undefined ? undefined : -1}>
        {section.title}
      </Heading>
      {section.blocks.map((block, i) => (
        <Shown block={block} key={i} />
      ))}
    </>
  );
}

function Shown({ block }: { block: Block }) {
  if ("text" in block) {
    return <p>{inline(block.text)}</p>;
  }
  if ("code" in block) {
    // By keyboard, what is too wide can only be scrolled if it can have the focus.
    return (
      <pre tabIndex={0}>
        <code>{block.code}</code>
      </pre>
    );
  }
  if ("items" in block) {
    const List = block.ordered ? "ol" : "ul";
    return (
      <List>
        {block.items.map((item, i) => (
          <li key={i}>{inline(item)}</li>
        ))}
      </List>
    );
  }
  return (
    <div class="scroll" tabIndex={0}>
      <table class="plain">
        {block.head.some((cell) => cell.length > 0) && (
          <thead>
            <tr>
              {block.head.map((cell, i) => (cell.length === 0 ? <td key={i} /> : <th scope="col" key={i}>{inline(cell)}</th>))}
            </tr>
          </thead>
        )}
        <tbody>
          {block.rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j}>{inline(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(parts: Inline[]): ComponentChildren {
  return parts.map((part, i) => {
    if (typeof part === "string") {
      return part;
    }
    if ("code" in part) {
      return <code key={i}>{part.code}</code>;
    }
    if ("strong" in part) {
      return <strong key={i}>{inline(part.strong)}</strong>;
    }
    if ("em" in part) {
      return <em key={i}>{inline(part.em)}</em>;
    }
    return part.to.startsWith("#") ? (
      <a href={part.to} key={i}>
        {inline(part.link)}
      </a>
    ) : (
      <a href={part.to} target="_blank" rel="noopener noreferrer" key={i}>
        {inline(part.link)}
      </a>
    );
  });
}
