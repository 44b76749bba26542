// SPDX-License-Identifier: Apache-2.0
//
// Walks through the page in a headless Chromium, as an operator does, and looks at each view with axe:
//
//   node test/browser.mjs SETTINGS.json
//
// Settings: url; token; shots, a folder for screenshots; chromium, the program; slot, the name of one that can be
// drained; host; candidate, a file that moves hosts; wrong, a file with a mistake, and problem, what rsp says of it.
// Prints a line for each step. The exit status is 0 only if all held.
import axe from "axe-core";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const SIZES = [
  { name: "wide", width: 1280, height: 860 },
  { name: "narrow", width: 390, height: 844 },
];
const SCHEMES = ["light", "dark"];
const MILLIS = 10_000;
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-sync",
  "--no-first-run",
];

const problems = [];

function check(holds, what) {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}`);
  if (!holds) {
    problems.push(what);
  }
}

/** Whatever goes wrong behind the page: scripts, the policy, requests to other places. */
function watch(page, name) {
  page.on("pageerror", (error) => problems.push(`${name}: ${error.message}`));
  page.on("console", (message) => {
    // A refused token and a refused file are answers with a status that the browser logs.
    if (message.type() === "error" && !/status of (401|409|422)/.test(message.text())) {
      problems.push(`${name}: console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(settings.url)) {
      problems.push(`${name}: a request to ${request.url()}`);
    }
  });
}

async function look(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  for (const { id, nodes } of serious) {
    console.log(`     ${id}: ${nodes.slice(0, 3).map((node) => node.html).join(" ")}`);
  }
  check(serious.length === 0, `${name}: axe finds nothing serious`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(overflow <= 0, `${name}: nothing is wider than the window (${overflow} px)`);
  await page.screenshot({ path: join(settings.shots, `${name}.png`), fullPage: true });
}

async function openWithToken(page, url) {
  await page.goto(url);
  if (settings.token) {
    await page.getByLabel("Token of the admin endpoint").fill(settings.token);
    await page.getByRole("button", { name: "Open" }).click();
  }
  await page.getByText("live", { exact: true }).waitFor({ timeout: MILLIS });
}

async function views(browser) {
  for (const { name: size, width, height } of SIZES) {
    for (const colorScheme of SCHEMES) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
      const page = await context.newPage();
      page.setDefaultTimeout(MILLIS);
      const name = `${size}-${colorScheme}`;
      watch(page, name);
      await page.goto(settings.url);
      if (settings.token) {
        await page.getByLabel("Token of the admin endpoint").waitFor();
        await look(page, `${name}-token`);
      }
      await openWithToken(page, settings.url);
      // The second figure makes a line.
      await page.locator("table.slots svg.spark polyline").first().waitFor();
      await look(page, `${name}-slots`);
      await page.goto(`${settings.url}#edit`);
      await page.getByRole("heading", { name: "The hash space now" }).waitFor();
      await page.locator("svg.space rect").first().waitFor();
      await look(page, `${name}-edit`);
      await page.getByLabel("Configuration").fill(readFileSync(settings.candidate, "utf8"));
      await page.getByRole("button", { name: "What would it move?" }).click();
      await page.getByRole("heading", { name: /^It moves / }).waitFor();
      await look(page, `${name}-change`);
      await page.goto(`${settings.url}#host/${settings.host}`);
      await page.getByRole("heading", { name: settings.host, exact: true }).waitFor();
      await look(page, `${name}-host`);
      await page.goto(`${settings.url}#reloads`);
      await page.getByRole("heading", { name: "Reloads" }).waitFor();
      await look(page, `${name}-reloads`);
      await context.close();
    }
  }
}

/** The way of a user without a mouse. */
async function keyboard(page) {
  await openWithToken(page, settings.url);
  const row = page.locator("table.slots tbody tr").filter({ hasText: settings.slot }).first();
  await row.waitFor();
  const reached = [];
  for (let i = 0; i < 40 && !reached.some((text) => text.includes("Change the state of")); i++) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement?.textContent ?? ""));
  }
  for (const target of ["Skip to content", "Reload…", "Try an edit", "Requests/s", "Change the state of"]) {
    check(reached.some((text) => text.includes(target)), `Tab reaches "${target}"`);
  }
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await look(page, "dialog");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  const focused = await page.evaluate(() => document.activeElement?.textContent ?? "");
  check(focused.includes("Change the state of"), "after Escape the focus is where it was");
}

async function drain(page) {
  await openWithToken(page, settings.url);
  const row = page.locator("table.slots tbody tr").filter({ hasText: settings.slot }).first();
  for (const [choice, state] of [
    [/^Drain /, "drain"],
    [/^As the file says /, "up"],
  ]) {
    await row.getByRole("button").click();
    await page.getByRole("radio", { name: choice }).check();
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await row.locator(`.badge.${state}`).waitFor();
    check(true, `${settings.slot} becomes ${state}, and the table says so`);
  }
}

async function edit(page) {
  await openWithToken(page, `${settings.url}#edit`);
  await page.getByLabel("Configuration").fill(readFileSync(settings.wrong, "utf8"));
  await page.getByRole("button", { name: "What would it move?" }).click();
  const alert = page.getByRole("alert");
  await alert.waitFor();
  const text = await alert.innerText();
  check(text.includes(settings.problem), `a file with a mistake is refused with its line: ${text.replaceAll("\n", " ")}`);
  await page.getByLabel("Choose a file").setInputFiles(settings.candidate);
  await page.getByRole("heading", { name: /^It moves / }).waitFor();
  check(true, "a file that was chosen is compared");
}

async function reload(page) {
  await openWithToken(page, settings.url);
  await page.getByRole("button", { name: "Reload…" }).click();
  await page.getByRole("button", { name: "Reload", exact: true }).click();
  await page.getByText("Accepted.").waitFor();
  check(true, "a reload says its verdict");
}

async function search(page) {
  await openWithToken(page, `${settings.url}#host`);
  const field = page.getByLabel("Host name");
  await field.fill(settings.host.slice(0, 3));
  await page.getByRole("link", { name: settings.host }).click();
  await page.getByText("goes to").waitFor();
  check(true, "a host is found by the beginning of its name");
}

async function wrongToken(page) {
  await page.goto(settings.url);
  await page.getByLabel("Token of the admin endpoint").fill("wrong");
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByText("rsp refuses this token.").waitFor();
  check(true, "a wrong token is refused in words");
}

mkdirSync(settings.shots, { recursive: true });
const browser = await chromium.launch({ executablePath: settings.chromium, args: ARGUMENTS });
try {
  await views(browser);
  const journeys = [keyboard, drain, edit, reload, search];
  for (const journey of settings.token ? [...journeys, wrongToken] : journeys) {
    const context = await browser.newContext({ viewport: SIZES[0], reducedMotion: "reduce" });
    const page = await context.newPage();
    page.setDefaultTimeout(MILLIS);
    watch(page, journey.name);
    try {
      await journey(page);
    } catch (error) {
      await page.screenshot({ path: join(settings.shots, `failed-${journey.name}.png`) });
      problems.push(`${journey.name}: ${error.message.split("\n").slice(0, 4).join(" ")}`);
    }
    await context.close();
  }
} finally {
  await browser.close();
}
if (problems.length > 0) {
  console.log(`\nproblems:\n${problems.join("\n")}`);
  process.exitCode = 1;
} else {
  console.log("page: all steps held");
}
