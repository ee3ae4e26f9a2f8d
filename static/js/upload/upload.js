// One upload: hash, ask what is missing, pack, send, and keep count. Knows no page; it tells `report` how it goes.
import { isArchive, isDebris } from "./collect.js";
import { sha256 } from "./hash.js";
import { address, Cancelled, missing, persist, send } from "./server.js";
import { groups, pack, wellFormed } from "./tar.js";

const GROUP_BYTES = 64 * 2 ** 20;
const AT_ONCE = 2;
const ASK_EVERY = 1000;
const TYPES = { zip: "application/zip", tar: "application/x-tar", gz: "application/gzip", tgz: "application/gzip" };

// RFC 8187: what encodeURIComponent leaves, but a header may not hold.
const inHeader = (name) => encodeURIComponent(wellFormed(name))
  .replace(/['()*]/gu, (letter) => `%${letter.charCodeAt(0).toString(16)}`);

/** How an upload stands; made anew for each. */
export const blank = () => ({ files: 0, bytes: 0, doneFiles: 0, doneBytes: 0, sentBytes: 0, accepted: 0, duplicates: 0, rejected: 0, receipt: 0, url: "", waiting: "", phase: "reading" });

export class Upload {
  constructor(entries, { collection = "", report = () => {} } = {}) {
    this.entries = entries.filter((entry) => !isDebris(entry));
    this.collection = collection;
    this.state = blank();
    this.state.files = this.entries.length;
    this.state.bytes = this.entries.reduce((total, { file }) => total + file.size, 0);
    this.report = report;
    this.stopper = new AbortController();
    this.flights = new Map();
    this.pending = [];
  }

  cancel() {
    this.stopper.abort();
  }

  get signal() {
    return this.stopper.signal;
  }

  tell(changes = {}) {
    Object.assign(this.state, changes);
    let flying = 0;
    for (const bytes of this.flights.values()) flying += bytes;
    this.report({ ...this.state, doneBytes: this.state.doneBytes + flying, sentBytes: this.state.sentBytes + flying });
  }

  /** Send everything; answers the last state, raises Refusal, Dropped or Cancelled. */
  async run() {
    this.tell();
    try {
      await this.sendAll();
    } catch (error) {
      // The first failure stops the rest, which then only says that it was stopped.
      throw this.failure ?? error;
    }
    this.tell({ phase: "done", waiting: "" });
    return this.state;
  }

  async sendAll() {
    // Archives are sent as they are: inside a tar of ours, one level of nesting would be used up.
    for (const archive of this.entries.filter(isArchive)) await this.queue(() => this.sendAlone(archive));
    for await (const { lacking, known } of this.sorted(this.entries.filter((entry) => !isArchive(entry)))) {
      if (known.length > 0) await this.queue(() => this.enterKnown(known));
      for (const group of groups(lacking, GROUP_BYTES)) await this.queue(() => this.sendGroup(group));
    }
    await Promise.all(this.pending);
    if (this.failure) throw this.failure;
  }

  // Batches of up to 64 MiB or a thousand files, told apart by whether the server has them: sending begins early.
  async* sorted(entries) {
    let batch = [];
    let bytes = 0;
    for (const entry of entries) {
      if (this.signal.aborted) throw new Cancelled();
      entry.hash = await sha256(entry.file);
      batch.push(entry);
      bytes += entry.file.size;
      if (batch.length >= ASK_EVERY || bytes >= GROUP_BYTES) {
        yield await this.apart(batch);
        batch = [];
        bytes = 0;
      }
    }
    if (batch.length > 0) yield await this.apart(batch);
  }

  async apart(batch) {
    const hashed = batch.filter(({ hash }) => hash);
    const lacks = hashed.length === 0 ? new Set()
      : await persist(() => missing(hashed.map(({ hash }) => hash), this.signal), { signal: this.signal, again: this.waits });
    const isKnown = ({ hash }) => hash && !lacks.has(hash);
    return { lacking: batch.filter((entry) => !isKnown(entry)), known: batch.filter(isKnown) };
  }

  waits = (attempt, milliseconds) => {
    this.tell({ waiting: `The connection dropped. Trying again in ${Math.round(milliseconds / 1000)} s (${attempt}).` });
  };

  /** Start a deed when fewer than two run; the first one alone, since it opens the receipt. */
  async queue(deed) {
    if (this.failure) throw this.failure;
    if (this.signal.aborted) throw new Cancelled();
    const running = deed().catch((error) => { this.failure ??= error; this.stopper.abort(); })
      .finally(() => { this.pending = this.pending.filter((one) => one !== running); });
    this.pending.push(running);
    while (this.pending.length >= (this.state.receipt ? AT_ONCE : 1)) await Promise.race(this.pending);
    if (this.failure) throw this.failure;
  }

  target(path) {
    return address(path, { receipt: this.state.receipt, collection: this.collection });
  }

  settle(answer, { files, bytes, sent }) {
    const { state } = this;
    this.tell({
      phase: "sending", waiting: "", receipt: answer.receipt, url: answer.url,
      doneFiles: state.doneFiles + files, doneBytes: state.doneBytes + bytes, sentBytes: state.sentBytes + sent,
      accepted: state.accepted + answer.accepted, duplicates: state.duplicates + answer.duplicates, rejected: state.rejected + answer.rejected,
    });
  }

  async fly(flight, body, type, headers = {}) {
    this.tell({ phase: "sending", waiting: "" });
    try {
      return await send(this.target("/api/v1/uploads"), body, {
        type, headers, signal: this.signal,
        progress: (bytes) => { this.flights.set(flight, Math.min(bytes, body.size)); this.tell({ phase: "sending", waiting: "" }); },
      });
    } finally {
      this.flights.delete(flight);
    }
  }

  async sendAlone(entry) {
    const { name, file } = entry;
    const type = TYPES[name.split(".").at(-1).toLowerCase()] ?? "application/octet-stream";
    const headers = { "Content-Disposition": `attachment; filename*=UTF-8''${inHeader(name)}` };
    const answer = await persist(() => this.fly(entry, file, type, headers), { signal: this.signal, again: this.waits });
    this.settle(answer, { files: 1, bytes: file.size, sent: file.size });
  }

  async sendGroup(group) {
    let left = group;
    await persist(async (attempt) => {
      // After a drop the server may have part of it already.
      if (attempt > 0) {
        const lacks = await missing(left.filter(({ hash }) => hash).map(({ hash }) => hash), this.signal);
        const here = left.filter(({ hash }) => hash && !lacks.has(hash));
        left = left.filter((entry) => !here.includes(entry));
        if (here.length > 0) await this.enterKnown(here);
        if (left.length === 0) return;
      }
      const answer = await this.fly(group, pack(left), "application/x-tar");
      const bytes = left.reduce((total, { file }) => total + file.size, 0);
      this.settle(answer, { files: left.length, bytes, sent: bytes });
    }, { signal: this.signal, again: this.waits });
  }

  async enterKnown(entries) {
    const files = entries.map(({ name, file, hash }) => ({ name, sha256: hash, size: file.size }));
    const answer = await persist(
      () => send(this.target("/api/v1/uploads/known"), JSON.stringify({ files }), { type: "application/json", signal: this.signal }),
      { signal: this.signal, again: this.waits },
    );
    this.settle(answer, { files: entries.length, bytes: entries.reduce((total, { file }) => total + file.size, 0), sent: 0 });
  }
}
