// What the browser test stands on: the real binary, a headless Chromium, and a phone driven as a person drives it.
// Nothing here sleeps: each wait is for something that is printed or shown.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BINARY = process.env.KAZILINE_BIN ?? path.join(ROOT, "target/release/kaziline");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Far beyond a healthy start (3 s) or answer (2 s), so that only a real fault runs into it. */
const START_TIMEOUT_MS = 60_000;
export const ANSWER_TIMEOUT_MS = 15_000;

/** A screen of an operator's network. */
export const SCREEN_SEPTETS = 160;

/** A list is turned over at most this often before an entry counts as missing. */
const PAGES_MAX = 8;
const MORE = "98";

/** A service with the demo's people, on a free port and a data folder of its own. */
export async function startServer() {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: run \`cargo build --release\` first`);
  const data = await mkdtemp(path.join(tmpdir(), "kaziline-browser-"));
  const child = spawn(BINARY, ["serve", "--demo", "--listen", "127.0.0.1:0", "--data", path.join(data, "demo")], {
    cwd: data,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit").catch((error) => [`cannot be started: ${error.message}`]);
  // If this process ends early, for whatever reason, the service must not outlive it.
  const killHard = () => child.kill("SIGKILL");
  process.once("exit", killHard);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => { errors = (errors + text).slice(-20_000); });

  const stop = async () => {
    child.kill("SIGTERM");
    const hard = setTimeout(killHard, 10_000);
    await exited;
    clearTimeout(hard);
    process.removeListener("exit", killHard);
    await rm(data, { recursive: true, force: true });
  };

  let timer;
  const address = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error("no `simulator  http://...` line in time")), START_TIMEOUT_MS);
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /^\s*simulator\s+(http:\/\/\S+)/.exec(line);
      if (found) resolve(found[1]);
    });
    exited.then(([code]) => reject(new Error(`the service ended before it was ready (${code})`)));
  });
  try {
    return { simulator: await address, stop };
  } catch (error) {
    await stop();
    throw new Error(`${error.message}\n${errors}`);
  } finally {
    clearTimeout(timer);
  }
}

/** A Chromium with an empty profile that talks to nobody of its own accord. */
export async function startBrowser() {
  const profile = await mkdtemp(path.join(tmpdir(), "kaziline-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
    viewport: { width: 1120, height: 860 },
    reducedMotion: "reduce",
    colorScheme: "light",
    locale: "en-GB",
  });
  const stop = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { context, stop };
}

/** The simulator in one tab, and what goes wrong in it. */
export class Phone {
  static async open(context, simulator) {
    const page = await context.newPage();
    page.setDefaultTimeout(ANSWER_TIMEOUT_MS);
    const phone = new Phone(page);
    page.on("console", (message) => message.type() === "error" && phone.faults.push(`console: ${message.text()} (${message.location().url})`));
    page.on("pageerror", (error) => phone.faults.push(`script: ${error.message}`));
    page.on("request", (request) => phone.requests.push(request.url()));
    const response = await page.goto(simulator);
    phone.policy = response.headers()["content-security-policy"] ?? "";
    await page.locator('[data-testid=phone][data-ready="true"]').waitFor();
    return phone;
  }

  constructor(page) {
    Object.assign(this, { page, faults: [], requests: [], policy: "" });
  }

  at(testid) {
    return this.page.getByTestId(testid);
  }

  /** Waits for one of the phone's states: idle, session, ended. */
  async becomes(...states) {
    const any = states.map((state) => `[data-testid=phone][data-state="${state}"]`).join(", ");
    await this.page.locator(any).waitFor({ state: "attached" });
  }

  async text() {
    return (await this.at("screen").textContent()) ?? "";
  }

  async hops() {
    return Number.parseInt(await this.at("hops").textContent(), 10);
  }

  /** Does `act`, waits for exactly one more answer, and holds the screen to its limit. */
  async answered(act, before) {
    const hopsBefore = before ?? (await this.hops());
    await act();
    const words = hopsBefore + 1 === 1 ? "1 hop" : `${hopsBefore + 1} hops`;
    await this.at("hops").and(this.page.getByText(words, { exact: true })).waitFor();
    await this.becomes("session", "ended");
    const length = /^(\d+)\/\d+ septets$/.exec(await this.at("septets").textContent());
    assert.ok(length, `not in GSM 03.38: ${await this.text()}`);
    assert.ok(Number(length[1]) <= SCREEN_SEPTETS, `${length[1]} septets: ${await this.text()}`);
    return this.text();
  }

  /** Presses keys of the phone's pad with the mouse. */
  async press(keys) {
    for (const key of keys) await this.at(`key-${{ "*": "star", "#": "hash" }[key] ?? key}`).click();
  }

  /** Dials by pad and the green key: the first answer of a new session. */
  async dial(code) {
    await this.becomes("idle", "ended");
    await this.press(code);
    assert.equal(await this.at("dial-code").inputValue(), code);
    return this.answered(() => this.at("call").click(), 0);
  }

  /** Types an answer, on the pad where it is digits, and sends it. */
  async reply(text) {
    return this.answered(async () => {
      if (/^[0-9*#]+$/.test(text)) await this.press(text);
      else await this.at("reply").fill(text);
      await this.at("send").click();
    });
  }

  /** Reads the screen for the line with `words` and presses its number; turns the page while it is not there. */
  async pick(words) {
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const lines = (await this.text()).split("\n");
      const line = lines.find((each) => /^\d+[ .:]/.test(each) && each.toLowerCase().includes(words.toLowerCase()));
      if (line) return this.reply(/^\d+/.exec(line)[0]);
      const more = lines.some((each) => each.startsWith(`${MORE} `));
      assert.ok(more, `no line says "${words}" and there is no further page:\n${lines.join("\n")}`);
      await this.reply(MORE);
    }
    throw new assert.AssertionError({ message: `"${words}" is on none of ${PAGES_MAX} pages` });
  }

  async hangUp() {
    await this.at("hangup").click();
    await this.becomes("idle");
  }

  /** The newest message once `count` have come. */
  async message(count) {
    await this.at("sms").nth(count - 1).waitFor();
    assert.equal(await this.at("sms").count(), count);
    return this.at("sms").first().locator("p").textContent();
  }
}

/** Each of `words` stands in `text`, whatever the case. */
export function sees(text, words) {
  for (const word of words) {
    assert.ok(text.toLowerCase().includes(word.toLowerCase()), `"${word}" is missing in:\n${text}`);
  }
}
