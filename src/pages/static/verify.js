// Checks the newest checkpoint of the log in this browser: its signature by the key in the page, that an entry is in it,
// and that it continues a checkpoint that was kept. What it says it checked; what it cannot, it says too.

const KEPT = "relief-checkpoint";
// How often everything is asked for where the log grew between two answers, which it does once a second at most.
const ATTEMPTS = 3;
const FORM = document.querySelector("#browser");
const encoder = new TextEncoder();

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const same = (left, right) => left.length === right.length && left.every((byte, at) => byte === right[at]);
const even = (number) => number % 2 === 0;
const half = (number) => Math.floor(number / 2);

async function sha256(...parts) {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

const leafHash = (bytes) => sha256([0], bytes);
const nodeHash = (left, right) => sha256([1], left, right);

// A key is name+id+base64; base64 may have plus signs, names and ids never do.
async function readKey(text) {
  const [name, id, ...rest] = text.trim().split("+");
  const typed = bytesOf(rest.join("+"));
  const known = (await sha256(encoder.encode(`${name}\n`), typed)).slice(0, 4);
  const written = Array.from(known, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (typed[0] !== 1 || written !== id) throw new Error("key");
  const key = await crypto.subtle.importKey("raw", typed.slice(1), "Ed25519", false, ["verify"]);
  return { name, id: known, key };
}

// Bytes that somebody pasted; none where it is no base64.
function bytesIn(base64) {
  try {
    return bytesOf(base64);
  } catch {
    return new Uint8Array();
  }
}

// A checkpoint is a text, an empty line, and lines of signatures; one of this key must fit the text.
async function open(note, key) {
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const start = `— ${key.name} `;
  const lines = note.slice(end + 2).split("\n").filter((line) => line.startsWith(start));
  for (const line of lines) {
    const signed = bytesIn(line.slice(start.length));
    const fits = same(signed.slice(0, 4), key.id);
    if (fits && (await crypto.subtle.verify("Ed25519", key.key, signed.slice(4), encoder.encode(text)))) {
      const [origin, size, root] = text.split("\n");
      return origin === key.name ? { size: Number(size), root: bytesOf(root) } : null;
    }
  }
  return null;
}

// Hashes up to an empty line, and the checkpoint behind it.
function hashesOf(text, first) {
  const end = text.indexOf("\n\n");
  const lines = text.slice(0, end).split("\n");
  const at = lines.findIndex((line) => line.startsWith(first));
  return { hashes: lines.slice(at + 1).map(bytesOf), note: text.slice(end + 2) };
}

// RFC 9162, 2.1.3.2.
async function isIncluded(leaf, index, head, path) {
  if (index >= head.size) return false;
  let [here, last, hash] = [index, head.size - 1, leaf];
  for (const other of path) {
    if (last === 0) return false;
    if (!even(here) || here === last) {
      hash = await nodeHash(other, hash);
      while (even(here) && here !== 0) [here, last] = [half(here), half(last)];
    } else {
      hash = await nodeHash(hash, other);
    }
    [here, last] = [half(here), half(last)];
  }
  return last === 0 && same(hash, head.root);
}

// RFC 9162, 2.1.4.2.
async function continues(old, head, path) {
  if (old.size > head.size) return false;
  if (old.size === head.size) return path.length === 0 && same(old.root, head.root);
  if (old.size === 0) return path.length === 0;
  let [here, last] = [old.size - 1, head.size - 1];
  while (!even(here)) [here, last] = [half(here), half(last)];
  const hashes = here === 0 ? [old.root, ...path] : path;
  if (hashes.length === 0) return false;
  let [before, now] = [hashes[0], hashes[0]];
  for (const other of hashes.slice(1)) {
    if (last === 0) return false;
    if (!even(here) || here === last) {
      before = await nodeHash(other, before);
      now = await nodeHash(other, now);
      while (even(here) && here !== 0) [here, last] = [half(here), half(last)];
    } else {
      now = await nodeHash(now, other);
    }
    [here, last] = [half(here), half(last)];
  }
  return last === 0 && same(before, old.root) && same(now, head.root);
}

async function ask(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.text();
}

function tell(words, number, isGood) {
  const line = document.createElement("li");
  line.textContent = words.replace("#", number);
  line.className = isGood ? "good" : "bad";
  document.querySelector("#checked").append(line);
}

// That an answer's checkpoint is of another size than the one that was checked.
class Grown extends Error {}

// Whether the hashes of an answer prove what they should of the checkpoint that was checked. Nothing but this links the
// answer to it: a signature alone would let each answer speak of another log.
async function isProved(key, head, path, first, fits) {
  const proof = hashesOf(await ask(path), first);
  const other = await open(proof.note, key);
  if (other !== null && other.size !== head.size) throw new Grown(`${path}: ${other.size} ≠ ${head.size}`);
  return other !== null && same(other.root, head.root) && fits(proof.hashes);
}

async function checkEntry(key, head) {
  const shown = document.querySelector("#entry");
  if (!shown) return;
  const index = Number(shown.dataset.position);
  // To whoever may not read the entry only its hash is shown.
  const { leaf: hash } = shown.dataset;
  const leaf = hash ? bytesOf(hash.replaceAll("-", "+").replaceAll("_", "/")) : await leafHash(encoder.encode(shown.textContent));
  const fits = (hashes) => isIncluded(leaf, index, head, hashes);
  const isThere = await isProved(key, head, `/api/v1/audit/proof/${index}`, "index ", fits);
  tell(isThere ? FORM.dataset.entryGood : FORM.dataset.entryBad, index, isThere);
}

async function checkKept(key, head, note) {
  const old = await open(note, key);
  if (old === null) {
    tell(FORM.dataset.keptUnsigned, "", false);
    return false;
  }
  const fits = (hashes) => continues(old, head, hashes);
  const path = `/api/v1/audit/consistency?old=${old.size}`;
  // Of a log that shrank there is nothing to ask.
  const isSame = old.size <= head.size && (await isProved(key, head, path, "old ", fits));
  tell(isSame ? FORM.dataset.keptGood : FORM.dataset.keptBad, old.size, isSame);
  return isSame;
}

function remembered() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function remember(note) {
  try {
    localStorage.setItem(KEPT, note);
  } catch {
    // A browser that keeps nothing checks nothing against its last visit.
  }
}

async function checkOnce(key) {
  const note = await ask("/api/v1/audit/checkpoint");
  const head = await open(note, key);
  if (head === null) return tell(FORM.dataset.signatureBad, "", false);
  tell(FORM.dataset.signatureGood, head.size, true);
  await checkEntry(key, head);
  const pasted = document.querySelector("#kept").value.trim();
  const last = remembered();
  let isSound = true;
  if (pasted !== "") isSound = (await checkKept(key, head, `${pasted}\n`)) && isSound;
  if (last !== null) isSound = (await checkKept(key, head, last)) && isSound;
  // The one that does not fit is never let go of, and only one that was proved to continue it takes its place.
  if (isSound) remember(note);
}

async function check() {
  const key = await readKey(document.querySelector("#key").value);
  const told = document.querySelector("#checked");
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await checkOnce(key);
    } catch (error) {
      // What was found wrong stays told, whatever another answer would say.
      const isFinal = attempt === ATTEMPTS || told.querySelector(".bad") !== null;
      if (!(error instanceof Grown) || isFinal) throw error;
      told.replaceChildren();
    }
  }
}

async function start() {
  const button = document.querySelector("#check");
  const words = document.querySelector("#no-script");
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  } catch {
    words.textContent = FORM.dataset.noCrypto;
    return;
  }
  words.remove();
  document.querySelector("#can-check").hidden = false;
  FORM.addEventListener("submit", async (event) => {
    event.preventDefault();
    document.querySelector("#checked").replaceChildren();
    button.disabled = true;
    try {
      await check();
    } catch (error) {
      tell(FORM.dataset.failed, error.message, false);
    }
    button.disabled = false;
  });
}

start();
