// The phone of the simulator page. It stands where a handset and the network's gateway stand in life: it keeps the
// session, joins the inputs of a session by `*` as the africastalking dialect does, and shows whatever comes back.
// It knows nothing of the menus. Read it from the top: measuring, wire, recording, session, keys, inbox, start.

const HOOK = "/hooks/demo/demo/ussd";
const NETWORK_CODE = "99999"; // the dialect's sandbox network
const ANSWER_TIMEOUT_MS = 15_000; // the time that this dialect's gateway gives an application
const SCREEN_SEPTETS = 160;
const SCREEN_UCS2_UNITS = 70; // what 160 septets leave when each character takes two octets
const WIRE_ENTRIES_MAX = 100; // older entries leave the log, so that a page left open does not grow
const POLL_BACKOFF_MAX_MS = 10_000;

const element = (id) => document.getElementById(id);
const [phone, screen, notice, dialLine, dialCode, replyLine, reply] =
  ["phone", "screen", "notice", "dial-line", "dial-code", "reply-line", "reply"].map(element);

let config = { service_code: "*567#", country_code: "250", suggested_number: "+250788000001", sms_poll_ms: 1000 };

// ---------------------------------------------------------------------------------------------------- measuring

// GSM 03.38, default alphabet; the second list is reached through ESC and counts two.
const GSM_BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿" +
    "abcdefghijklmnopqrstuvwxyzäöñüà",
);
const GSM_EXTENSION = new Set("^{}\\[~]|€\f");

/** How much of a screen `text` takes: septets, or UTF-16 units as soon as one character is not in GSM 03.38. */
function measure(text) {
  let septets = 0;
  for (const character of text) {
    if (GSM_BASIC.has(character)) septets += 1;
    else if (GSM_EXTENSION.has(character)) septets += 2;
    else return { label: `UCS-2 (${character}): ${text.length}/${SCREEN_UCS2_UNITS} characters`, over: true };
  }
  return { label: `${septets}/${SCREEN_SEPTETS} septets`, over: septets > SCREEN_SEPTETS };
}

// --------------------------------------------------------------------------------------------------------- wire

/** A fault in words for the person at the phone. */
class Fault extends Error {}

function faultOfStatus(status) {
  if (status === 404) return "The server does not know this channel (404). Was it started with --demo?";
  if (status === 413) return "The server says this is too long (413).";
  if (status === 429 || status === 503) return `The server is busy (${status}).`;
  if (status >= 500) return `The server had a fault of its own (${status}).`;
  return `The server refused the request (${status}).`;
}

/** Posts a form to the hook as a gateway does, and writes the exchange to the wire log. Throws only `Fault`. */
async function post(what, fields, keepalive = false) {
  const startedMs = performance.now();
  const entry = { what, fields, status: "no answer", ok: false, answer: "" };
  try {
    const response = await fetch(HOOK, {
      method: "POST",
      body: new URLSearchParams(fields),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      keepalive,
    });
    entry.answer = await response.text();
    entry.screen = response.headers.get("kaziline-screen");
    entry.status = String(response.status);
    entry.ok = response.ok;
    if (!response.ok) throw new Fault(faultOfStatus(response.status));
    return entry;
  } catch (error) {
    if (error instanceof Fault) throw error;
    const late = error.name === "TimeoutError";
    throw new Fault(late ? "The server did not answer in 15 seconds." : "The server cannot be reached. Is it running?");
  } finally {
    entry.latencyMs = performance.now() - startedMs;
    logExchange(entry);
  }
}

function logExchange({ what, fields, status, ok, answer, latencyMs }) {
  const item = document.createElement("li");
  const head = add(item, "div", "head");
  add(head, "time", "", new Date().toLocaleTimeString());
  add(head, "span", "", `POST ${HOOK}`);
  add(head, "span", ok ? "" : "bad", status);
  add(head, "span", "", milliseconds(latencyMs));
  add(head, "span", "", what);
  add(item, "pre", "", Object.entries(fields).map(([name, value]) => `${name}=${value}`).join("\n"));
  if (answer) add(item, "pre", "answer", answer);
  const wire = element("wire");
  wire.prepend(item);
  while (wire.children.length > WIRE_ENTRIES_MAX) wire.lastElementChild.remove();
  element("wire-count").textContent = `(${wire.children.length})`;
  if (what === "hop") element("latency").textContent = milliseconds(latencyMs);
}

const milliseconds = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`);

function add(parent, tag, className = "", text = "") {
  const child = document.createElement(tag);
  if (className) child.className = className;
  child.textContent = text;
  parent.append(child);
  return child;
}

// ---------------------------------------------------------------------------------------------------- recording

// The calls as a transcript (docs/menus.md), as `kaziline dial --record` writes it. What it must not hold is exchanged
// for something of the same shape, so that it still plays.
const RECORD_LINES_MAX = 2_000; // a page left open does not grow for ever
const RECORD_HEAD = "# Recorded. Phone numbers, names and secrets are exchanged for others of their shape.";
const PHONE_DIGITS_MIN = 8; // digits from which a number is somebody's
const PHONE_DIGITS_KEPT = 5; // country and network
const WORD_LETTERS_MIN = 3; // shorter words are parts of others

const recording = { lines: [], words: [], number: "", diallers: [], asks: null };

/** Nines in place of the digits of every phone number, behind its first ones. */
function maskNumbers(text) {
  return text.replace(/\d[\d .-]*/g, (run) => {
    if (run.replace(/\D/g, "").length < PHONE_DIGITS_MIN) return run;
    let seen = 0;
    return run.replace(/\d/g, (digit) => (++seen > PHONE_DIGITS_KEPT ? "9" : digit));
  });
}

function masked(text) {
  const escape = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return recording.words.reduce((kept, [word, mask]) => kept.replace(new RegExp(escape(word), "gi"), mask), maskNumbers(text));
}

/** `typed` as it may be kept; where it is not known what the screen asks for, a few digits are a secret and letters a name. */
function maskedInput(typed) {
  const { asks } = recording;
  if (asks === "secret" || (!asks && /^\d{4,6}$/.test(typed))) return typed.replace(/./gsu, "0");
  if ((asks === "words" || !asks) && /\p{L}/u.test(typed)) {
    const mask = typed.replace(/\p{L}+/gu, (word) => `A${"a".repeat([...word].length - 1)}`);
    if (typed.replace(/\P{L}/gu, "").length >= WORD_LETTERS_MIN) recording.words.push([typed.trim(), mask.trim()]);
    return mask;
  }
  return masked(typed);
}

function record(...lines) {
  if (recording.lines.length + lines.length <= RECORD_LINES_MAX) recording.lines.push(...lines);
  const count = recording.lines.length;
  const full = count + 40 > RECORD_LINES_MAX ? " (full)" : "";
  element("recorded").textContent = (count === 1 ? "1 line" : `${count} lines`) + full;
}

function recordDial(code, dialler) {
  // Each number is another one, so that people stay apart.
  if (!recording.diallers.includes(dialler)) recording.diallers.push(dialler);
  const shown = maskNumbers(dialler).slice(0, -1) + (9 - (recording.diallers.indexOf(dialler) % 10));
  const as = recording.number === dialler ? "" : ` as ${shown}`;
  recording.number = dialler;
  record(`dial ${masked(code)}${as}`);
}

function recordScreen(text, isEnd, kind) {
  recording.asks = kind;
  record(...masked(text).split("\n").map((line) => `= ${line}`.trimEnd()), ...(isEnd ? ["end"] : []));
}

function recordNothing() {
  Object.assign(recording, { lines: [], words: [], number: "", diallers: [], asks: null });
  record();
}

function saveRecording() {
  const url = URL.createObjectURL(new Blob([[RECORD_HEAD, ...recording.lines, ""].join("\n")], { type: "text/plain" }));
  const link = add(document.body, "a");
  link.href = url;
  link.download = "call.txt";
  link.click();
  link.remove();
  URL.revokeObjectURL(url);
}

// ------------------------------------------------------------------------------------------------------ session

// One network session, or null. `inputs` are the answers so far; `state` is what the phone shows:
// idle (a code can be dialled), busy (waiting for an answer), session (a reply is wanted), ended (last screen).
let session = null;
let lastCode = "";
let dialUntouched = true; // the code in the field is the offered one: the first key typed replaces it

const state = () => phone.dataset.state;
const inCall = () => state() === "session" || state() === "busy";

function show(nextState, text, hint = "") {
  const hadFocus = document.activeElement === reply || document.activeElement === dialCode;
  phone.dataset.state = nextState;
  if (screen.textContent !== text) screen.textContent = text;
  screen.scrollTop = 0;
  say(hint);
  const talking = inCall();
  replyLine.hidden = !talking || (session?.hops ?? 0) === 0;
  dialLine.hidden = !replyLine.hidden;
  reply.readOnly = dialCode.readOnly = nextState === "busy";
  label("send", "left-label", talking ? "Send" : "Call");
  label("cancel", "right-label", talking ? "Cancel" : nextState === "ended" ? "Close" : "Clear");
  element("call").setAttribute("aria-label", talking ? "Send" : "Call");
  if (hadFocus) activeField().focus();

  const { label: length, over } = measure(nextState === "idle" ? "" : text);
  const septets = element("septets");
  septets.textContent = length;
  septets.classList.toggle("over", over);
}

function label(button, softLabel, word) {
  element(button).setAttribute("aria-label", word);
  element(softLabel).textContent = word;
}

/** One line under the screen. Calm words are news; the others are faults. */
function say(words, calm = false) {
  notice.textContent = words;
  notice.classList.toggle("calm", calm);
}

const idleText = () => `Dial ${config.service_code}\nand press Call.`;
const baseCode = () => config.service_code.replace(/#$/, ""); // "*567"

function offerCode(code) {
  dialCode.value = code;
  dialUntouched = true;
}

/** `*567*48213#` reaches the service `*567#` with the text `48213`, as a network would route it. */
function route(code) {
  if (code === config.service_code) return { serviceCode: config.service_code, extras: "" };
  const long = code.startsWith(`${baseCode()}*`) && code.endsWith("#");
  return long ? { serviceCode: config.service_code, extras: code.slice(baseCode().length + 1, -1) } : null;
}

async function dial(code) {
  const target = route(code);
  if (!target) return say(`This network knows ${config.service_code} and codes that begin with ${baseCode()}*.`);
  if (!settleNumber()) return say("First give this phone a number.");
  lastCode = code;
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
  session = {
    id: `ATUid_${id.join("")}`,
    number: number(),
    serviceCode: target.serviceCode,
    inputs: target.extras === "" ? [] : [target.extras],
    hops: 0,
    startedMs: Date.now(),
    lastAnswer: "",
  };
  countHops();
  reply.value = "";
  await hop(session.inputs, idleText(), () => recordDial(code, session?.number ?? number()));
}

async function send() {
  if (reply.value === "") return say("Type your answer first.");
  const typed = reply.value;
  await hop([...session.inputs, typed], screen.textContent, () => record(`> ${maskedInput(typed)}`));
}

/** One request and its answer. On a fault nothing typed is lost: the same key tries the same again. */
async function hop(inputs, textBefore, recordInput) {
  const mine = session;
  show("busy", textBefore);
  const slow = setTimeout(() => session === mine && say("Please wait...", true), 400);
  try {
    const { answer: body, screen: screenKind } = await post("hop", {
      sessionId: mine.id,
      phoneNumber: mine.number,
      networkCode: NETWORK_CODE,
      serviceCode: mine.serviceCode,
      text: inputs.join("*"),
    });
    if (session !== mine) return; // hung up meanwhile: the network drops the late answer
    const [, kind, text] = /^(CON|END) ?([\s\S]*)$/.exec(body) ?? [];
    if (!kind) throw new Fault("The answer begins with neither CON nor END: a gateway would end the session here.");
    recordInput();
    recordScreen(text, kind === "END", screenKind);
    mine.inputs = inputs;
    mine.hops += 1;
    mine.lastAnswer = body;
    reply.value = "";
    countHops();
    if (kind === "END") {
      session = null;
      offerCode(config.service_code);
    }
    show(kind === "CON" ? "session" : "ended", text);
    poll(); // a confirmation may be waiting
  } catch (fault) {
    if (session !== mine) return;
    if (!(fault instanceof Fault)) throw fault;
    if (mine.hops === 0) session = null;
    show(mine.hops === 0 ? "idle" : "session", textBefore, `${fault.message} What you typed is kept: try again.`);
  } finally {
    clearTimeout(slow);
  }
}

function countHops() {
  const hops = session?.hops ?? 0;
  element("hops").textContent = hops === 1 ? "1 hop" : `${hops} hops`;
}

/** Ends the session from the caller's side, and tells the server as a gateway does. */
async function hangUp(words = "Call ended.", leaving = false) {
  const ended = session;
  session = null;
  reply.value = "";
  offerCode(config.service_code);
  show("idle", idleText());
  if (!ended) return;
  if (ended.hops > 0) record("drop");
  say(words, true);
  try {
    await post("end of session", {
      date: new Date().toISOString().slice(0, 19).replace("T", " "),
      sessionId: ended.id,
      serviceCode: ended.serviceCode,
      networkCode: NETWORK_CODE,
      phoneNumber: ended.number,
      status: "Incomplete",
      cost: "0",
      durationInMillis: String(Date.now() - ended.startedMs),
      hopsCount: String(ended.hops),
      input: ended.inputs.join("*"),
      lastAppResponse: ended.lastAnswer,
    }, leaving);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    if (!session) say(`${words} The server was not told: ${fault.message}`);
  }
}

// --------------------------------------------------------------------------------------------------------- keys

const PAD = [
  ["1", ""], ["2", "ABC"], ["3", "DEF"], ["4", "GHI"], ["5", "JKL"], ["6", "MNO"],
  ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"], ["*", ""], ["0", ""], ["#", ""],
];
const KEY_NAMES = { "*": "star", "#": "hash" };
const padKeys = new Map();

function buildPad() {
  for (const [key, letters] of PAD) {
    const name = KEY_NAMES[key] ?? key;
    const button = add(element("pad"), "button", letters ? "" : "sign");
    button.type = "button";
    button.dataset.testid = `key-${name}`;
    button.setAttribute("aria-label", letters ? `${key}, ${letters.split("").join(" ")}` : name);
    add(button, "b", "", key);
    if (letters) add(button, "small", "", letters);
    button.addEventListener("click", () => press(key));
    padKeys.set(key, button);
  }
}

const activeField = () => (replyLine.hidden ? dialCode : reply);

function press(character) {
  if (state() === "busy") return;
  const field = activeField();
  field.value = (field === dialCode && dialUntouched ? "" : field.value) + character;
  if (field === dialCode) dialUntouched = false;
  field.scrollLeft = field.scrollWidth;
}

function erase() {
  if (state() === "busy") return;
  const field = activeField();
  field.value = [...field.value].slice(0, -1).join("");
  dialUntouched = false;
}

function submit() {
  if (state() === "busy") return;
  if (inCall()) return send();
  // An empty field and the call key: the last code again, as on any phone.
  if (dialCode.value === "") dialCode.value = lastCode || config.service_code;
  return dial(dialCode.value);
}

async function redial() {
  if (inCall()) await hangUp();
  dialCode.value = lastCode || config.service_code;
  await dial(dialCode.value);
}

function cancel() {
  if (inCall() || state() === "ended") return hangUp();
  dialCode.value = "";
  dialUntouched = false;
  say("");
}

function flash(key) {
  const button = padKeys.get(key);
  if (!button) return;
  button.classList.add("pressed");
  setTimeout(() => button.classList.remove("pressed"), 120);
}

/** The whole page is the keypad: keys work wherever the focus is, but in the number field, and as keys do on buttons. */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const { key, target } = event;
  const act = (what) => {
    event.preventDefault();
    what();
  };
  if (key === "Escape") return act(hangUp);
  if (target === element("number")) return;
  flash(key);
  if (target === dialCode || target === reply) {
    if (key === "Enter") act(submit);
    return;
  }
  const onControl = target.closest("button, summary, a") !== null;
  if (key === "Enter") return onControl ? undefined : act(submit);
  if (key === "Backspace") return act(erase);
  if (padKeys.has(key)) return act(() => press(key));
  if (key.length !== 1 || (key === " " && (onControl || !inCall()))) return;
  if (inCall()) return act(() => press(key));
  if (key.toLowerCase() === "r") act(redial);
}

// ------------------------------------------------------------------------------------------------------- number

let settledNumber = "";
const number = () => settledNumber;

/** `0788 123 456`, `250788...` and `+250 788...` all name +250788123456; null when it is no number. */
function parseNumber(typed) {
  let digits = typed.replace(/[\s().-]/g, "").replace(/^00/, "+");
  if (digits.startsWith("0")) digits = `+${config.country_code}${digits.slice(1)}`;
  else if (!digits.startsWith("+")) digits = digits.startsWith(config.country_code) ? `+${digits}` : `+${config.country_code}${digits}`;
  return /^\+[1-9]\d{7,14}$/.test(digits) ? digits : null;
}

/** Takes what stands in the number field; false when it is no number (the phone keeps the one it had). */
function settleNumber() {
  const field = element("number");
  const parsed = parseNumber(field.value);
  field.setAttribute("aria-invalid", String(parsed === null));
  const hint = element("number-hint");
  hint.classList.toggle("wrong", parsed === null);
  hint.textContent = parsed
    ? "Any number will do. Each number is its own person."
    : `This is not a phone number. Write it like ${config.suggested_number}.`;
  if (!parsed) return false;
  field.value = parsed;
  if (parsed === settledNumber) return true;
  if (inCall()) hangUp("Call ended: another number.");
  settledNumber = parsed;
  remember("number", parsed);
  openMailbox(parsed);
  return true;
}

function anotherNumber() {
  const random = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
  element("number").value = config.suggested_number.slice(0, -6) + String(random).padStart(6, "0");
  settleNumber();
}

// A browser may forbid storage; the phone then forgets its number, no more.
function remember(key, value) {
  try { localStorage.setItem(`kaziline.${key}`, value); } catch { /* not kept */ }
}
function recall(key) {
  try { return localStorage.getItem(`kaziline.${key}`); } catch { return null; }
}

// -------------------------------------------------------------------------------------------------------- inbox

const readUpTo = new Map(); // number -> id of the last message read; what is there at the first look counts as read
let mailbox = { number: "", after: 0, first: true };
let pollTimer = 0;
let pollFailures = 0;

function openMailbox(forNumber) {
  mailbox = { number: forNumber, after: 0, first: true };
  element("inbox").replaceChildren();
  countUnread();
  poll();
}

async function poll() {
  clearTimeout(pollTimer);
  const mine = mailbox;
  if (!mine.number || mine.asking) return;
  mine.asking = true;
  try {
    const url = `/simulator/inbox?number=${encodeURIComponent(mine.number)}&after=${mine.after}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    if (!response.ok) throw new Fault(faultOfStatus(response.status));
    const { messages } = await response.json();
    if (mine !== mailbox) return;
    if (mine.stale) element("inbox").replaceChildren();
    mine.stale = false;
    pollFailures = 0;
    receive(messages);
  } catch {
    pollFailures += 1;
    // It may come back with an empty store, where message ids begin again: ask from the start.
    Object.assign(mine, { after: 0, stale: true });
    if (mine === mailbox) element("inbox-state").textContent = "The server is away. Asking again soon.";
  } finally {
    mine.asking = false;
    if (mine === mailbox && !document.hidden) {
      clearTimeout(pollTimer);
      pollTimer = setTimeout(poll, Math.min(config.sms_poll_ms * 2 ** pollFailures, POLL_BACKOFF_MAX_MS));
    }
  }
}

function receive(messages) {
  const last = messages.at(-1)?.id ?? mailbox.after;
  if (mailbox.first && !readUpTo.has(mailbox.number)) readUpTo.set(mailbox.number, last);
  // What lay there before is no part of the calls that are recorded.
  if (!mailbox.first) record(...messages.map(({ text }) => `sms ${masked(text).replaceAll("\n", " ")}`));
  mailbox.first = false;
  mailbox.after = last;
  for (const message of messages) element("inbox").prepend(messageItem(message));
  element("inbox-state").textContent =
    element("inbox").childElementCount > 0 ? "" : "Nothing yet. Messages to this number arrive here.";
  if (messages.length > 0) countUnread();
}

function messageItem({ id, text, at_ms: atMs, segments }) {
  const item = document.createElement("li");
  item.className = "sms";
  item.dataset.testid = "sms";
  item.dataset.id = id;
  const paragraph = add(item, "p");
  // A code of this service in a message can be dialled from it.
  const codes = new RegExp(`(${baseCode().replaceAll("*", "\\*")}(?:\\*[0-9*]*[0-9])?#)`);
  text.split(codes).forEach((part, index) => {
    if (index % 2 === 0) return paragraph.append(part);
    const button = add(paragraph, "button", "code", part);
    button.type = "button";
    button.addEventListener("click", async () => {
      if (inCall()) await hangUp();
      dialCode.value = part;
      await dial(part);
    });
  });
  const footer = add(item, "footer");
  const at = new Date(atMs);
  const today = at.toDateString() === new Date().toDateString();
  const time = add(footer, "time", "", today ? clockTime(at) : `${at.toLocaleDateString()} ${clockTime(at)}`);
  time.dateTime = at.toISOString();
  add(footer, "span", "", segments === 1 ? "1 segment" : `${segments} segments`);
  return item;
}

function countUnread() {
  const read = readUpTo.get(mailbox.number) ?? 0;
  let unread = 0;
  for (const item of element("inbox").children) {
    const isUnread = Number(item.dataset.id) > read;
    item.classList.toggle("unread", isUnread);
    if (isUnread) unread += 1;
  }
  for (const id of ["unread", "mail-count"]) element(id).textContent = String(unread);
  for (const id of ["unread", "mail", "mark-read"]) element(id).hidden = unread === 0;
  document.title = unread > 0 ? `(${unread}) Kaziline simulator` : "Kaziline simulator";
}

function markRead() {
  readUpTo.set(mailbox.number, mailbox.after);
  countUnread();
}

// -------------------------------------------------------------------------------------------------------- start

const clockTime = (date) => date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function tick() {
  element("clock").textContent = clockTime(new Date());
}

function listen() {
  const onClick = (id, what) => element(id).addEventListener("click", what);
  onClick("send", submit);
  onClick("call", submit);
  onClick("cancel", cancel);
  onClick("hangup", () => hangUp());
  onClick("clear", erase);
  onClick("redial", redial);
  onClick("new-number", anotherNumber);
  onClick("mark-read", markRead);
  onClick("record-save", saveRecording);
  onClick("record-clear", recordNothing);
  element("inbox").addEventListener("click", markRead);
  element("number").addEventListener("change", settleNumber);
  element("entry").addEventListener("submit", (event) => event.preventDefault());
  dialCode.addEventListener("input", () => {
    dialCode.value = dialCode.value.replace(/[^0-9*#]/g, "");
    dialUntouched = false;
  });
  dialCode.addEventListener("focus", () => dialUntouched && dialCode.select());
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => document.hidden || poll());
  // Closing the page is a dropped call.
  window.addEventListener("pagehide", () => session && hangUp("Call ended.", true));
}

async function start() {
  buildPad();
  listen();
  tick();
  setInterval(tick, 10_000);
  let away = "";
  try {
    const response = await fetch("/simulator/config");
    if (!response.ok) throw new Fault(faultOfStatus(response.status));
    config = { ...config, ...(await response.json()) };
  } catch (error) {
    away = error instanceof Fault ? error.message : "The server cannot be reached. Is it running?";
  }
  offerCode(config.service_code);
  show("idle", idleText(), away);
  element("number").value = parseNumber(recall("number") ?? "") ?? config.suggested_number;
  settleNumber();
  phone.dataset.ready = "true";
}

start();
