// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import documents from "virtual:documents";
import { parse } from "../markdown";
import { Search, snippet, textOf, withBelow, type Block, type Inline } from "../src/docs";

const SAMPLE = `# One *document*

<!-- keys: made by a test -->
<!-- sh
hidden
-->
A paragraph with \`code | bar\` and
[a link](other.md#two-words), [one that goes nowhere](../main/x.json), **bold [out](https://example.com/x)**.

## Two words

- first
  goes on
- \`second\`

1. one
2. two

### Two words

| \`key\` | |
|---|---:|
| \`a\\|b\` | text |

\`\`\`sh not run: because
# no heading
rsp check
\`\`\`

## \`state = "down"\` of one

End.
`;

describe("a document", () => {
  const doc = parse("one", SAMPLE, new Set(["one", "other"]));

  it("has sections with the anchors that a Markdown viewer gives them", () => {
    expect(doc.title).toBe("One document");
    expect(doc.sections.map((s) => [s.level, s.title, s.anchor])).toEqual([
      [1, "One document", "one-document"],
      [2, "Two words", "two-words"],
      [3, "Two words", "two-words-1"],
      [2, 'state = "down" of one', "state--down-of-one"],
    ]);
  });

  it("has text, lists, tables and code, and no comment", () => {
    const blocks = doc.sections.map((s) => s.blocks);
    expect(blocks[0]).toEqual([
      { text: ["A paragraph with ", { code: "code | bar" }, " and ", { link: ["a link"], to: "#/help/other/two-words" }, ", ", "one that goes nowhere", ", ", { strong: ["bold ", { link: ["out"], to: "https://example.com/x" }] }, "."] },
    ]);
    expect(blocks[1]).toEqual([
      { items: [["first goes on"], [{ code: "second" }]], ordered: false },
      { items: [["one"], ["two"]], ordered: true },
    ]);
    expect(blocks[2]).toEqual([
      { head: [[{ code: "key" }], []], rows: [[[{ code: "a|b" }], ["text"]]] },
      { code: "# no heading\nrsp check" },
    ]);
  });

  it("shows a section with those below it", () => {
    expect(withBelow(doc, "two-words").map((s) => s.anchor)).toEqual(["two-words", "two-words-1"]);
    expect(withBelow(doc, "").map((s) => s.anchor)).toEqual(["one-document"]);
    expect(withBelow(doc, "gone")).toEqual([]);
  });
});

describe("the documents", () => {
  it("are all there, and each link leads to one of their sections", () => {
    expect(documents.map((d) => d.name).slice(0, 2)).toEqual(["tour", "install"]);
    expect(documents.map((d) => d.name)).toContain("configuration");
    expect(documents.map((d) => d.name)).not.toContain("decisions");
    const places = new Set(documents.flatMap((d) => [`#/help/${d.name}`, ...d.sections.map((s) => `#/help/${d.name}/${s.anchor}`)]));
    const links: string[] = [];
    const collect = (parts: Inline[]): void =>
      parts.forEach((part) => {
        if (typeof part !== "string" && !("code" in part)) {
          if ("link" in part) {
            links.push(part.to);
          }
          collect("link" in part ? part.link : "strong" in part ? part.strong : part.em);
        }
      });
    const lines = (block: Block): Inline[][] => ("text" in block ? [block.text] : "code" in block ? [] : "items" in block ? block.items : [block.head, ...block.rows].flat());
    documents.forEach((d) => d.sections.forEach((s) => s.blocks.flatMap(lines).forEach(collect)));
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((to) => !places.has(to) && !to.startsWith("https://"))).toEqual([]);
  });

  it("have no marks of Markdown left in their text", () => {
    for (const doc of documents) {
      for (const section of doc.sections) {
        const prose = section.blocks.filter((block) => !("code" in block));
        const text = textOf({ ...section, blocks: prose });
        expect(text, `${doc.name}#${section.anchor}`).not.toMatch(/\]\(|<!--|^\||\*\*/m);
      }
    }
  });
});

describe("the search", () => {
  const search = new Search(documents);
  const first = (query: string) => search.find(query).hits.map((hit) => `${hit.doc.name}#${hit.section.anchor}`);

  it.each([
    ["max_moves", "planning#a-guard-for-reloads"],
    ["access log", "configuration#access_log"],
    ["usage", "configuration#usage"],
    ["drain a backend", "drain"],
    ["install", "install#"],
    ["full unix socket", "operations#a-full-unix-socket-queue"],
    ["trusted proxies", "configuration#proxies-in-front-of-rsp"],
    ["NTLM", "operations#ntlm-and-negotiate"],
    ["rendezvous", "hashing"],
    ["Prometheus scrape", "operations#metrics"],
  ])("finds %s at %s", (query, place) => {
    expect(first(query).slice(0, 3).join(" ")).toContain(place);
  });

  it("has the changelog behind the others", () => {
    expect(first("guard reload").slice(0, 4).join(" ")).not.toContain("changelog");
  });

  it("finds the beginning of a word, and each further word makes it fewer", () => {
    const one = search.find("reload").all;
    expect(first("relo").length).toBeGreaterThan(5);
    expect(search.find("reload guard").all).toBeLessThan(one);
    expect(search.find("reload guard").all).toBeGreaterThan(0);
  });

  it("takes the word that is spelled most alike if there is none, and says so", () => {
    expect(search.find("rendezvuos").instead).toEqual(["rendezvous"]);
    expect(search.find("rendezvous").instead).toEqual([]);
  });

  it("finds nothing for nothing, and does not take signs for a pattern", () => {
    expect(search.find("  ")).toEqual({ hits: [], all: 0, instead: [] });
    expect(search.find("zzzzqqqq").all).toBe(0);
    expect(search.find("(.*)[").all).toBe(0);
    expect(search.find("$request").all).toBeGreaterThan(0);
  });

  it("shows the line with the words, which are in the odd places", () => {
    const parts = snippet(`nothing here\n${"x ".repeat(100)}the guard refuses a reload of two files, ${"y ".repeat(100)}`, ["guard", "reload"]);
    expect(parts.filter((_, i) => i % 2 === 1)).toEqual(["guard", "reload"]);
    expect(parts[0]).toMatch(/^… x/);
    expect(parts.join("").length).toBeLessThan(200);
  });

  it("is ready in a moment", () => {
    const start = performance.now();
    new Search(documents).find("the");
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
