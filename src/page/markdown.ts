// SPDX-License-Identifier: Apache-2.0
//
// Reads a document for the page when it is built: Markdown becomes values that the page shows as text. The page itself
// reads no Markdown, and no HTML.
import type { Block, Doc, Inline, Section } from "./src/docs";

/** The anchor that a Markdown viewer makes of a heading: lower case, dashes, no punctuation. */
function anchorOf(heading: string, used: Set<string>): string {
  const name = heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, "")
    .replaceAll(" ", "-");
  let anchor = name;
  for (let i = 1; used.has(anchor); i++) {
    anchor = `${name}-${i}`;
  }
  used.add(anchor);
  return anchor;
}

/** Reads one document. `known` are the names of the documents that links can lead to. */
export function parse(name: string, markdown: string, known: Set<string>): Doc {
  const lines = markdown.replace(/^<!--[\s\S]*?-->\n?/gm, "").split("\n");
  const used = new Set<string>();
  const sections: Section[] = [];
  let blocks: Block[] = [];
  const text = (source: string) => inlines(source, name, known);
  let i = 0;
  /** The lines from here on that fulfil a condition. */
  const take = (fits: (line: string) => boolean) => {
    const from = i;
    while (i < lines.length && fits(lines[i]!)) {
      i++;
    }
    return lines.slice(from, i);
  };
  while (i < lines.length) {
    const line = lines[i]!;
    const heading = /^(#+) (.*)$/.exec(line);
    if (line.startsWith("```")) {
      i++;
      const code = take((l) => !l.startsWith("```")).join("\n");
      i++;
      blocks.push({ code });
    } else if (heading) {
      blocks = [];
      const title = text(heading[2]!);
      sections.push({ level: heading[1]!.length, title: plain(title), anchor: anchorOf(heading[2]!, used), blocks });
      i++;
    } else if (line.trim() === "") {
      i++;
    } else if (line.startsWith("|")) {
      const [head = [], , ...rows] = take((l) => l.startsWith("|")).map((row) => cells(row).map(text));
      blocks.push({ head, rows });
    } else if (ITEM.test(line)) {
      const ordered = /^\d/.test(line);
      const items: string[] = [];
      for (const one of take((l) => ITEM.test(l) || /^ +\S/.test(l))) {
        if (ITEM.test(one)) {
          items.push(one.replace(ITEM, ""));
        } else {
          items.push(`${items.pop()!} ${one.trim()}`);
        }
      }
      blocks.push({ items: items.map(text), ordered });
    } else {
      const paragraph = take((l) => l.trim() !== "" && !/^(#+ |```|\||[-*] |\d+\. )/.test(l));
      // A line that looks like the start of something else, and is none, must not stop the reading.
      blocks.push({ text: text((paragraph.length > 0 ? paragraph : [lines[i++]!]).join(" ")) });
    }
  }
  const title = sections[0]?.title ?? name;
  return { name, title, sections };
}

const ITEM = /^(?:[-*]|\d+\.) +/;

/** The cells of a row. A bar behind a backslash is text. */
function cells(row: string): string[] {
  return row
    .replace(/^\||\|\s*$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** What can stand in a line: code, bold, italic, pictures, links. */
const INLINE = /(`+)(.+?)\1(?!`)|\*\*(.+?)\*\*|\*([^*\s](?:[^*]*[^*\s])?)\*|!\[([^\]]*)\]\([^)]*\)|\[((?:`[^`]*`|[^\]])*)\]\(([^)\s]+)\)/g;

function inlines(source: string, doc: string, known: Set<string>): Inline[] {
  const parts: Inline[] = [];
  let end = 0;
  for (const found of source.matchAll(INLINE)) {
    if (found.index > end) {
      parts.push(source.slice(end, found.index));
    }
    end = found.index + found[0].length;
    const [, , code, bold, italic, picture, words, target] = found;
    if (code !== undefined) {
      parts.push({ code: code.trim() });
    } else if (bold !== undefined) {
      parts.push({ strong: inlines(bold, doc, known) });
    } else if (italic !== undefined) {
      parts.push({ em: inlines(italic, doc, known) });
    } else if (picture !== undefined) {
      parts.push(picture);
    } else {
      const to = linkTo(target!, doc, known);
      const inside = inlines(words!, doc, known);
      parts.push(...(to === null ? inside : [{ link: inside, to }]));
    }
  }
  if (end < source.length) {
    parts.push(source.slice(end));
  }
  return parts;
}

/** Where a link of a document leads in the page; null if the page does not have that. */
function linkTo(target: string, doc: string, known: Set<string>): string | null {
  if (target.startsWith("https://")) {
    return target;
  }
  const found = /^(?:([\w-]+)\.md)?(?:#([\w-]+))?$/.exec(target);
  const name = found === null ? undefined : (found[1] ?? doc);
  if (name === undefined || !known.has(name)) {
    return null;
  }
  return `#/help/${name}${found![2] === undefined ? "" : `/${found![2]}`}`;
}

/** The text without its marks. */
export function plain(parts: Inline[]): string {
  return parts
    .map((part) => {
      if (typeof part === "string") {
        return part;
      }
      return "code" in part ? part.code : plain("strong" in part ? part.strong : "em" in part ? part.em : part.link);
    })
    .join("");
}
