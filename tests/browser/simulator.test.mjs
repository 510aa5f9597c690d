// A person at the simulator: registers, finds the confirmation, applies to a job, finds that confirmation too.
// Run by scripts/test after `cargo test --release`, which builds the program; alone: `npm ci && npm test` in this folder.
//
// The texts of the menus belong to the menus. What this test expects of them stands in the tables below and nowhere
// else: a step does one thing (`dial`, `pick` a line by its words, or `type`) and `sees` words on the next screen.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { Phone, ROOT, sees, startBrowser, startServer } from "./support.mjs";

const SERVICE = "*567#";

const LANGUAGE = [
  { dial: SERVICE, sees: ["Kaziline", "Nshaka akazi", "English"] },
  { type: "6", sees: ["English", "Kiswahili"] },
  { pick: "English", sees: ["Workers never pay", "I want work"] },
];

const REGISTRATION = [
  { pick: "I want work", sees: ["birth year", "Agree"] },
  { pick: "Agree", sees: ["year", "born"] },
  { type: "1990", sees: ["Work?", "Construction"] },
  { pick: "Construction", sees: ["Construction", "Mason"] },
  { pick: "Mason", sees: ["Mason", "how much", "RWF"] },
  { type: "7000", sees: ["Where do you live", "Kigali"] },
  { pick: "Kigali", sees: ["Your district", "Gasabo"] },
  { pick: "Gasabo", sees: ["Your sector"] },
  { pick: "Kimironko", sees: ["7000/day", "Your name"] },
  { type: "Aline Uwase", sees: ["You are listed", "Mason", "Kimironko"] },
];
const REGISTERED_SMS = ["Kaziline", "listed", "Mason", "Kimironko", "never pay"];

const APPLICATION = [
  { dial: SERVICE, sees: ["Kaziline", "Jobs for you", "My details"] },
  { pick: "Jobs for you", sees: ["Jobs for you", "1 ", "/"] },
  { type: "1", sees: ["Apply", "More"] },
  { pick: "Apply", sees: ["You asked for job", "never pay"] },
];
const APPLIED_SMS = ["Kaziline", "you asked for job", "never pay"];

/** From the dial to the last screen, with turning of pages. */
const REGISTRATION_HOPS_MAX = 14;
const APPLICATION_HOPS_MAX = 4;

// ------------------------------------------------------------------------------------------------------------

let server;
let browser;
let scratch;
let screenshots;
let failures = 0;
let phone;

before(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), "kaziline-screens-"));
  screenshots = process.env.UPDATE_SCREENSHOT === "1" ? path.join(ROOT, "docs/images") : scratch;
  await mkdir(screenshots, { recursive: true });
  server = await startServer();
  browser = await startBrowser();
});

after(async () => {
  await browser?.stop();
  await server?.stop();
  if (failures === 0) await rm(scratch, { recursive: true, force: true });
});

afterEach(async (t) => {
  if (!phone) return;
  if (!t.passed) {
    failures += 1;
    const picture = path.join(scratch, `failed-${failures}.png`);
    await phone.page.screenshot({ path: picture });
    console.error(`"${t.name}" failed with this on the page: ${picture}`);
  }
  await phone.page.close();
  phone = undefined;
});

async function walk(steps) {
  for (const step of steps) {
    let text;
    if (step.dial) text = await phone.dial(step.dial);
    else if (step.pick) text = await phone.pick(step.pick);
    else text = await phone.reply(step.type);
    sees(text, step.sees);
  }
}

async function useNumber(number) {
  await phone.at("number").fill(number);
  await phone.at("number").press("Enter");
  await phone.at("number").blur();
}

test("registers, gets the SMS, applies, gets the SMS", async () => {
  phone = await Phone.open(browser.context, server.simulator);
  await useNumber("0788 654 321");
  assert.equal(await phone.at("number").inputValue(), "+250788654321");
  const inboxBefore = await phone.at("sms").count();
  assert.equal(inboxBefore, 0);

  await walk(LANGUAGE);
  const hopsToHome = await phone.hops();
  await walk(REGISTRATION);
  // Two hops chose the language; the way itself is counted from the first screen.
  const registrationHops = (await phone.hops()) - (hopsToHome - 1);
  assert.ok(registrationHops <= REGISTRATION_HOPS_MAX, `registration took ${registrationHops} hops`);
  sees(await phone.message(1), REGISTERED_SMS);
  assert.equal(await phone.at("unread").textContent(), "1");

  await phone.hangUp();
  await walk(APPLICATION);
  assert.ok((await phone.hops()) <= APPLICATION_HOPS_MAX, `applying took ${await phone.hops()} hops`);
  sees(await phone.message(2), APPLIED_SMS);
  await phone.page.screenshot({ path: path.join(screenshots, "simulator.png") });

  const origin = new URL(server.simulator).origin;
  assert.deepEqual(phone.requests.filter((url) => new URL(url).origin !== origin), [], "requests to elsewhere");
  assert.match(phone.policy, /default-src 'self'/);
  assert.deepEqual(phone.faults, []);
});

test("keeps the calls as a transcript without numbers and names", async () => {
  phone = await Phone.open(browser.context, server.simulator);
  await useNumber("0788 654 323");
  await walk(LANGUAGE);
  await walk(REGISTRATION);
  await phone.hangUp();
  await phone.dial(SERVICE);
  await phone.hangUp();
  const downloading = phone.page.waitForEvent("download");
  await phone.at("record-save").click();
  const file = path.join(scratch, "call.txt");
  await (await downloading).saveAs(file);
  const transcript = await readFile(file, "utf8");
  sees(transcript, ["# Recorded.", "dial *567# as +250789999999\n", "> 1990\n", "> Aaaaa Aaaaa\n", "= You are listed", "\ndrop\n"]);
  for (const secret of ["Aline", "Uwase", "654323"]) assert.ok(!transcript.includes(secret), `${secret} in ${transcript}`);
  // Each line is one that a transcript can have.
  for (const line of transcript.trimEnd().split("\n")) assert.match(line, /^(#|dial |> |= ?|sms |drop$|end$)/);
  await phone.at("record-clear").click();
  assert.equal(await phone.at("recorded").textContent(), "0 lines");
  assert.deepEqual(phone.faults, []);
});

test("works by keyboard alone: dial, reply, hang up, redial", async () => {
  phone = await Phone.open(browser.context, server.simulator);
  const { keyboard } = phone.page;

  await phone.at("new-number").focus();
  await keyboard.press("Enter");
  assert.match(await phone.at("number").inputValue(), /^\+2507\d{8}$/);
  await phone.page.evaluate(() => document.activeElement.blur());

  // Digits need no field to be focused. The first key replaces the code that was offered.
  await keyboard.type(SERVICE);
  assert.equal(await phone.at("dial-code").inputValue(), SERVICE);
  sees(await phone.answered(() => keyboard.press("Enter"), 0), LANGUAGE[0].sees);

  await keyboard.type("67");
  await keyboard.press("Backspace");
  assert.equal(await phone.at("reply").inputValue(), "6");
  sees(await phone.answered(() => keyboard.press("Enter")), LANGUAGE[1].sees);

  await keyboard.press("Escape");
  await phone.becomes("idle");
  await phone.answered(() => keyboard.press("r"), 0);
  await keyboard.press("Escape");
  await phone.becomes("idle");

  // Tab reaches the keys, and what has the focus shows it.
  await phone.at("dial-code").focus();
  await keyboard.press("Tab");
  assert.equal(await phone.page.evaluate(() => document.activeElement.dataset.testid), "send");
  const outline = await phone.page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, "none");
  assert.deepEqual(phone.faults, []);
});

test("a server that fails or is away is told in words, and nothing typed is lost", async () => {
  phone = await Phone.open(browser.context, server.simulator);
  await useNumber("+250788654322");
  await phone.dial(SERVICE);
  await phone.press("6");

  const hook = "**/hooks/demo/demo/ussd";
  const shown = await phone.text();
  for (const [fail, words] of [
    [(route) => route.fulfill({ status: 500, contentType: "text/plain", body: "" }), "fault of its own (500)"],
    [(route) => route.abort("connectionrefused"), "cannot be reached"],
    [(route) => route.fulfill({ status: 200, contentType: "text/plain", body: "hello" }), "neither CON nor END"],
  ]) {
    await phone.page.route(hook, fail);
    await phone.at("send").click();
    await phone.at("notice").and(phone.page.getByText(words)).waitFor();
    assert.equal(await phone.at("reply").inputValue(), "6");
    assert.equal(await phone.text(), shown);
    await phone.page.unroute(hook);
  }
  sees(await phone.answered(() => phone.at("send").click()), LANGUAGE[1].sees);
  await phone.hangUp();

  // The browser itself reports the two failed requests; nothing else may have gone wrong.
  assert.deepEqual(phone.faults.filter((fault) => !fault.includes("Failed to load resource")), []);
});

test("counts septets as GSM 03.38 does, and says so when a screen cannot be sent in it", async () => {
  phone = await Phone.open(browser.context, server.simulator);
  await useNumber("+250788654323");
  const answers = [
    ["CON abc", "3/160 septets", false],
    ["CON 5€ [x]\nà", "11/160 septets", false],
    [`CON ${"a".repeat(161)}`, "161/160 septets", true],
    ["END Ça va être bien", "UCS-2 (ê): 15/70 characters", true],
  ];
  for (const [body, label, over] of answers) {
    await phone.page.route("**/hooks/demo/demo/ussd", (route) => route.fulfill({ status: 200, contentType: "text/plain; charset=utf-8", body }));
    await phone.at("redial").click();
    await phone.at("screen").and(phone.page.getByText(body.slice(4), { exact: true })).waitFor();
    assert.equal(await phone.at("septets").textContent(), label);
    assert.equal(await phone.at("septets").evaluate((meter) => meter.classList.contains("over")), over);
    await phone.page.unroute("**/hooks/demo/demo/ussd");
  }
  await phone.becomes("ended");
  assert.ok(await phone.at("dial-code").isVisible(), "after END another code can be dialled");
});
