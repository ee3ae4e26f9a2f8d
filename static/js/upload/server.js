// What the uploader asks of the server, with back-off where a connection drops.
import { at, writing } from "../page.js";

const TRIES = 8;
const BASE_MS = 1000;

/** The server's own refusal, in its words; trying again would not help. */
export class Refusal extends Error {}
/** The person pressed Cancel. */
export class Cancelled extends Error {}
/** The connection dropped, or the server is busy: worth another try. */
export class Dropped extends Error {}

export const backoff = (attempt) => Math.min(15000, BASE_MS * 2 ** attempt);

function judge(status, text) {
  if (status === 0 || status === 429 || (status >= 500 && status !== 507)) throw new Dropped(`HTTP ${status}`);
  let body = {};
  try {
    body = JSON.parse(text);
  } catch { /* Not JSON: the status speaks. */ }
  // 422 with a receipt is an answer: everything was looked at and nothing was kept.
  if (status >= 400 && body.receipt === undefined) throw new Refusal(body.detail ?? `The server refused (${status}).`);
  return body;
}

/** Send one body; `progress(bytes)` hears how much has gone. */
export function send(url, body, { type, headers = {}, progress = () => {}, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries({ ...writing(), Accept: "application/json", "Content-Type": type, ...headers })) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => { try { resolve(judge(request.status, request.responseText)); } catch (error) { reject(error); } };
    request.onerror = () => reject(new Dropped("no connection"));
    request.onabort = () => reject(new Cancelled());
    signal.addEventListener("abort", () => request.abort(), { once: true });
    if (signal.aborted) reject(new Cancelled());
    else request.send(body);
  });
}

const json = (path, body, signal) => send(at(path), JSON.stringify(body), { type: "application/json", signal });

/** Which of these hashes the server lacks. */
export async function missing(hashes, signal) {
  const lacks = new Set();
  for (let start = 0; start < hashes.length; start += 1000) {
    const answer = await json("/api/v1/uploads/check", { sha256: hashes.slice(start, start + 1000) }, signal);
    for (const hash of answer.missing) lacks.add(hash);
  }
  return lacks;
}

/** The address that takes a body for this receipt and collection. */
export function address(path, { receipt, collection }) {
  const query = new URLSearchParams();
  if (receipt) query.set("receipt", receipt);
  if (collection) query.set("collection", collection);
  return `${at(path)}${query.size ? `?${query}` : ""}`;
}

/** Do a deed again while the connection drops; `again(attempt)` hears of each wait. */
export async function persist(deed, { signal, again = () => {} }) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await deed(attempt);
    } catch (error) {
      if (!(error instanceof Dropped) || attempt + 1 >= TRIES) throw error;
      again(attempt + 1, backoff(attempt));
      await new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, backoff(attempt));
        signal.addEventListener("abort", () => { clearTimeout(timer); reject(new Cancelled()); }, { once: true });
        addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
      });
    }
  }
}
