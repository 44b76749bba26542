// SPDX-License-Identifier: Apache-2.0

/** The documents, as the build has read them, and the search in them. */

/** A piece of a line. A link leads to a section (#/help/…) or to https://. */
export type Inline = string | { code: string } | { strong: Inline[] } | { em: Inline[] } | { link: Inline[]; to: string };

/** A paragraph, a block of code, a list or a table. */
export type Block =
  | { text: Inline[] }
  | { code: string }
  | { items: Inline[][]; ordered: boolean }
  | { head: Inline[][]; rows: Inline[][][] };

export interface Section {
  /** Of its heading, from 1. */
  level: number;
  title: string;
  anchor: string;
  /** Up to the next heading. */
  blocks: Block[];
}

export interface Doc {
  /** Of its file, without .md. */
  name: string;
  title: string;
  sections: Section[];
}

/** A section that was found. */
export interface Hit {
  doc: Doc;
  section: Section;
  score: number;
  /** A part of its text; what was found is in the odd places: before, found, between, found, after. */
  snippet: string[];
}

/** The most results that are listed. */
export const MOST_HITS = 30;

/** A snippet has about so many characters. */
const SNIPPET = 170;

/** What was, and what was measured, is rarely what one looks for. */
const LESS = new Map([
  ["changelog", 0.4],
  ["benchmarks", 0.7],
]);

/** A word in a heading counts as much as so many in the text. */
const HEADING = 12;

function inlineText(parts: Inline[]): string {
  return parts
    .map((part) =>
      typeof part === "string" ? part : "code" in part ? part.code : inlineText("strong" in part ? part.strong : "em" in part ? part.em : part.link),
    )
    .join("");
}

/** The text of a section, one line for each block, item or row. */
export function textOf(section: Section): string {
  return section.blocks
    .map((block) => {
      if ("text" in block) {
        return inlineText(block.text);
      }
      if ("code" in block) {
        return block.code;
      }
      const lines = "items" in block ? block.items.map(inlineText) : [block.head, ...block.rows].map((row) => row.map(inlineText).join(" – "));
      return lines.join("\n");
    })
    .join("\n");
}

/** Letters and digits; a name such as max_moves or rsp_build_info is one word. */
const WORD = /[\p{L}\p{N}_]+/gu;

function words(text: string): string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

interface Entry {
  doc: Doc;
  section: Section;
  text: string;
  /** How often each word occurs. */
  counts: Map<string, number>;
  title: string[];
  length: number;
}

/** Finds sections by words. A section is found if it has all of them, each as a word or as the start of one. */
export class Search {
  private readonly entries: Entry[] = [];
  /** In how many sections each word occurs. */
  private readonly spread = new Map<string, number>();

  constructor(docs: Doc[]) {
    for (const doc of docs) {
      for (const section of doc.sections) {
        const text = textOf(section);
        const counts = new Map<string, number>();
        const all = words(text);
        const title = [...words(section.title), ...(section.level > 1 ? [] : words(doc.name))];
        for (const word of [...all, ...title]) {
          counts.set(word, (counts.get(word) ?? 0) + 1);
        }
        for (const word of counts.keys()) {
          this.spread.set(word, (this.spread.get(word) ?? 0) + 1);
        }
        this.entries.push({ doc, section, text, counts, title, length: all.length });
      }
    }
  }

  /** The best sections first, at most MOST_HITS, and how many there are. */
  find(query: string): { hits: Hit[]; all: number; instead: string[] } {
    const asked = [...new Set(words(query))];
    if (asked.length === 0) {
      return { hits: [], all: 0, instead: [] };
    }
    let wanted = asked;
    let found = this.scored(wanted);
    if (found.length === 0) {
      wanted = asked.map((word) => this.near(word));
      found = this.scored(wanted);
    }
    found.sort((a, b) => b.score - a.score);
    const hits = found.slice(0, MOST_HITS).map(({ entry, score }) => ({
      doc: entry.doc,
      section: entry.section,
      score,
      snippet: snippet(entry.text, wanted),
    }));
    return { hits, all: found.length, instead: found.length > 0 && wanted !== asked ? wanted : [] };
  }

  private scored(wanted: string[]): { entry: Entry; score: number }[] {
    const found: { entry: Entry; score: number }[] = [];
    for (const entry of this.entries) {
      let score = 0;
      for (const [i, word] of wanted.entries()) {
        const part = this.part(entry, word, i === wanted.length - 1);
        if (part === 0) {
          score = 0;
          break;
        }
        score += part;
      }
      if (score > 0) {
        found.push({ entry, score: score * (LESS.get(entry.doc.name) ?? 1) });
      }
    }
    return found;
  }

  /** What a word adds. The longer a section and the more sections have the word, the less. */
  private part(entry: Entry, wanted: string, last: boolean): number {
    let sum = 0;
    for (const [word, times] of entry.counts) {
      // The start of a word counts less than the word; one or two letters are the start of too many.
      const fits = word === wanted ? 1 : wanted.length > 2 || last ? (word.startsWith(wanted) ? 0.5 : word.includes(`_${wanted}`) ? 0.4 : 0) : 0;
      if (fits > 0) {
        const rare = Math.log(1 + this.entries.length / this.spread.get(word)!);
        const often = (times * 2.2) / (times + 1.2 * (0.4 + entry.length / 300));
        const heading = entry.title.includes(word) ? HEADING / (2 + entry.title.length) : 0;
        sum += fits * rare * (often + heading);
      }
    }
    return sum;
  }

  /** The known word that is spelled most alike, for a word that no section has. */
  private near(wanted: string): string {
    if (wanted.length < 4 || [...this.spread.keys()].some((word) => word.startsWith(wanted))) {
      return wanted;
    }
    let [best, least] = [wanted, wanted.length > 7 ? 3 : 2];
    for (const word of this.spread.keys()) {
      const distance = Math.abs(word.length - wanted.length) < least ? edits(wanted, word) : least;
      if (distance < least) {
        [best, least] = [word, distance];
      }
    }
    return best;
  }
}

/** How many letters must be changed, added or removed to make one word of the other. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The line with the most of the words, cut around the first of them. */
export function snippet(text: string, wanted: string[]): string[] {
  const escaped = wanted.map((word) => word.replace(/[^\p{L}\p{N}_]/gu, "\\$&")).sort((a, b) => b.length - a.length);
  const marks = new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join("|")})[\\p{L}\\p{N}_]*`, "giu");
  let [best, most] = ["", -1];
  for (const line of text.split("\n")) {
    const different = new Set([...line.matchAll(marks)].map((m) => m[0].toLowerCase())).size;
    if (different > most && line.trim() !== "") {
      [best, most] = [line.trim(), different];
    }
  }
  const first = best.search(marks);
  let from = Math.max(0, Math.min(first - 60, best.length - SNIPPET));
  if (from > 0) {
    from = best.indexOf(" ", from) + 1;
  }
  let to = Math.min(best.length, from + SNIPPET);
  if (to < best.length) {
    to = Math.max(from + 1, best.lastIndexOf(" ", to));
  }
  const cut = best.slice(from, to);
  const parts: string[] = [];
  let end = 0;
  for (const mark of cut.matchAll(marks)) {
    parts.push(cut.slice(end, mark.index), mark[0]);
    end = mark.index + mark[0].length;
  }
  parts.push(cut.slice(end));
  parts[0] = (from > 0 ? "… " : "") + parts[0];
  parts[parts.length - 1] += to < best.length ? " …" : "";
  return parts;
}

/** A section and those below it. */
export function withBelow(doc: Doc, anchor: string): Section[] {
  const at = anchor === "" ? 0 : doc.sections.findIndex((section) => section.anchor === anchor);
  const first = doc.sections[at];
  if (first === undefined) {
    return [];
  }
  if (first.level === 1) {
    return [first];
  }
  const rest = doc.sections.slice(at + 1);
  const end = rest.findIndex((section) => section.level <= first.level);
  return [first, ...(end < 0 ? rest : rest.slice(0, end))];
}
