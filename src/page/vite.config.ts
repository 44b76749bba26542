// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { parse } from "./markdown";

/** The folder of the package that a module belongs to, or undefined for a module of the page itself. */
function packageOf(id: string): string | undefined {
  const file = id.replace(/^\0/, "").replace(/\?.*$/, "");
  if (!file.includes("/node_modules/")) {
    return undefined;
  }
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const description = join(folder, "package.json");
    if (existsSync(description) && "version" in JSON.parse(readFileSync(description, "utf8"))) {
      return folder;
    }
  }
  return undefined;
}

/** The name, the version and the text of the licence of a package. A package without a licence stops the build. */
function licence(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  if (file === undefined) {
    throw new Error(`${name} ${version}: no licence text in ${folder}`);
  }
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

/** Writes the licences of all packages whose code is in the page to assets/licenses.txt. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        for (const id of chunk.type === "chunk" ? Object.keys(chunk.modules) : []) {
          const folder = packageOf(id);
          if (folder !== undefined) {
            folders.add(folder);
          }
        }
      }
      const source = [...folders].sort().map(licence).join("\n\n");
      this.emitFile({ type: "asset", fileName: "assets/licenses.txt", source });
    },
  };
}

/** Documents for people who change rsp, not for those who run it. */
const LEFT_OUT = ["architecture", "decisions", "field-reports", "security-tests"];

/** Guides first, in the order in which one needs them, then what one looks up; the rest by name. */
const ORDER =
  "tour install migrate reload drain upgrade incidents capacity security configuration operations lua planning platform".split(" ");

/** The documents, which the build copies beside this file. */
function documents() {
  const here = dirname(fileURLToPath(import.meta.url));
  const folder = [join(here, "docs"), join(here, "../docs")].find((one) => existsSync(one))!;
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".md"))
    .map((file) => basename(file, ".md"))
    .filter((name) => !LEFT_OUT.includes(name))
    .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  return names.map((name) => parse(name, readFileSync(join(folder, `${name}.md`), "utf8"), new Set(names)));
}

/** Makes the documents a module, which is a file of its own: only the view that shows them loads it. */
function documentation(): Plugin {
  const name = "virtual:documents";
  // A text in the script: browsers read JSON faster than the same as JavaScript.
  const code = () => `export default JSON.parse(${JSON.stringify(JSON.stringify(documents()))})`;
  return {
    name: "documents",
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) => (id === `\0${name}` ? code() : undefined),
  };
}

export default defineConfig({
  // Relative, so that the page also works below a path, behind a proxy of the operator.
  base: "./",
  plugins: [licences(), documentation()],
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    // Chromium 111, Firefox 114, Safari 16.4: what has dialog, :has and nested CSS variables as used here.
    target: ["chrome111", "firefox114", "safari16.4"],
    // The Content-Security-Policy forbids inline scripts, and data: for all but images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // For "npm run dev" beside "npm run mock".
  server: { proxy: { "/api": "http://127.0.0.1:9902" } },
});
