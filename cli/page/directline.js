/** Direct Line 3.0 by polling: one conversation with one bot, kept over a reload of the page. */

const BASE = "/api/v3/directline";
const PACES = [
  { until: 1_500, wait: 200 },
  { until: 20_000, wait: 500 },
  { until: Infinity, wait: 2_000 },
];
const LONGEST_WAIT_MS = 15_000;
const TIMEOUT_MS = 20_000;
const REFRESH_MS = 15 * 60_000;

/** The answer to a request was not a success. `status` 0: no answer came. */
class Failure extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }

  /** The token or the conversation is over; a new conversation is needed. */
  get ends() {
    return [401, 403, 404].includes(this.status);
  }

  /** Sending the same again cannot succeed. */
  get final() {
    return this.status >= 400 && this.status < 500 && this.status !== 429;
  }
}

/**
 * Events: `activity` (one of the stream, in order), `message` (`{activity, state}` of an own one:
 * sending, waiting, failed), `state` (online, reconnecting, ended), `caughtup` (a poll is through).
 */
export class Conversation extends EventTarget {
  #bot;
  #key;
  #saved;
  #watermark = "";
  #timer = 0;
  #retry = 0;
  #failures = 0;
  #lively = 0;
  #open = false;
  #sending = false;
  #polling = false;
  #ended = false;

  constructor(bot) {
    super();
    this.#bot = bot;
    this.#key = `conversation:${bot}`;
    this.#saved = stored(this.#key);
    this.visible = this.visible.bind(this);
  }

  get begun() {
    return Boolean(this.#saved.token);
  }

  get pending() {
    return this.#saved.pending;
  }

  /** Take part: poll while the page is visible, and send what waits. */
  open() {
    this.#open = true;
    document.addEventListener("visibilitychange", this.visible);
    window.addEventListener("online", this.visible);
    this.visible();
  }

  close() {
    this.#open = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    document.removeEventListener("visibilitychange", this.visible);
    window.removeEventListener("online", this.visible);
  }

  /** Leave the conversation for a new one; what could not be said goes there, votes on the old one do not. */
  restart({ keepPending = false } = {}) {
    clearTimeout(this.#timer);
    this.#saved = { pending: keepPending ? this.pending.filter(({ type }) => type === "message") : [] };
    this.#watermark = "";
    this.#failures = 0;
    this.#ended = false;
    this.#save();
    if (keepPending) this.flush();
  }

  send(activity) {
    const own = { ...activity, channelData: { ...activity.channelData, clientActivityID: crypto.randomUUID() } };
    this.pending.push(own);
    this.#save();
    this.#tell("message", { activity: own, state: "sending" });
    this.flush();
  }

  /** Send what is pending, in order, each under its id until it is acknowledged. */
  async flush() {
    clearTimeout(this.#retry);
    if (this.#sending || this.#ended || !this.#open) return;
    this.#sending = true;
    const saved = this.#saved;
    while (this.#open && saved === this.#saved && saved.pending.length) {
      const activity = saved.pending[0];
      try {
        this.#tell("message", { activity, state: "sending" });
        await this.#begin();
        await this.#call("POST", `/conversations/${saved.conversation}/activities`, activity);
        this.#settle(saved, activity);
        this.#lively = Date.now();
        this.#failures = 0;
        this.#poll();
      } catch (failure) {
        if (saved !== this.#saved) break;
        if (!saved.pending.includes(activity)) continue; // heard in the stream, though its answer was lost
        const lost = failure.final && !failure.ends;
        if (lost) this.#settle(saved, activity);
        this.#tell("message", { activity, state: lost ? "failed" : "waiting" });
        if (lost) continue;
        this.#trouble(failure);
        if (!this.#ended) this.#retry = setTimeout(() => this.flush(), this.#wait());
        break;
      }
    }
    this.#sending = false;
    if (saved !== this.#saved && this.pending.length) this.flush();
  }

  visible() {
    if (document.hidden) clearTimeout(this.#timer);
    else {
      this.#poll();
      this.flush();
    }
  }

  async #begin() {
    const saved = this.#saved;
    if (saved.token) return;
    const granted = await this.#call("POST", "/tokens/generate", { bot: this.#bot, user: saved.user ?? {} });
    this.#hold(saved, granted);
    await this.#call("POST", "/conversations", {});
    this.#tell("begun");
  }

  #hold(saved, granted) {
    saved.conversation = granted.conversationId;
    saved.token = granted.token;
    saved.refreshAt = Date.now() + REFRESH_MS;
    if (saved === this.#saved) this.#save();
  }

  async #poll() {
    clearTimeout(this.#timer);
    const saved = this.#saved;
    if (!saved.token || this.#polling || this.#ended || !this.#open || document.hidden) return;
    this.#polling = true;
    try {
      if (Date.now() > saved.refreshAt) this.#hold(saved, await this.#call("POST", "/tokens/refresh"));
      const path = `/conversations/${saved.conversation}/activities?watermark=${this.#watermark}`;
      const { activities, watermark } = await this.#call("GET", path);
      if (saved === this.#saved && this.#open) {
        this.#watermark = watermark;
        this.#failures = 0;
        for (const activity of activities) this.#hear(activity);
        this.#tell("state", "online");
        this.#tell("caughtup");
      }
    } catch (failure) {
      if (saved === this.#saved) this.#trouble(failure);
    }
    this.#polling = false;
    if (this.#open && !this.#ended) this.#timer = setTimeout(() => this.#poll(), this.#wait());
  }

  #hear(activity) {
    const id = activity.channelData?.clientActivityID;
    const own = this.pending.find((waiting) => id && waiting.channelData.clientActivityID === id);
    if (own) this.#settle(this.#saved, own);
    this.#tell("activity", activity);
  }

  #settle(saved, activity) {
    saved.pending = saved.pending.filter((waiting) => waiting !== activity);
    if (saved === this.#saved) this.#save();
  }

  #trouble(failure) {
    this.#failures += 1;
    this.#ended ||= Boolean(failure.ends);
    if (this.#ended) this.#tell("state", "ended");
    else if (this.#failures > 1 || !navigator.onLine) this.#tell("state", "reconnecting");
  }

  /** Milliseconds until the next try: quick after a message, slower the longer nothing happens or works. */
  #wait() {
    if (this.#failures) return Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.#failures);
    const since = Date.now() - this.#lively;
    return PACES.find(({ until }) => since < until).wait;
  }

  async #call(method, path, body) {
    const headers = { accept: "application/json" };
    if (this.#saved.token) headers.authorization = `Bearer ${this.#saved.token}`;
    if (body) headers["content-type"] = "application/json";
    const options = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(TIMEOUT_MS) };
    let response;
    try {
      response = await fetch(BASE + path, options);
      if (response.ok) return await response.json();
    } catch {
      throw new Failure(0);
    }
    throw new Failure(response.status);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #save() {
    sessionStorage.setItem(this.#key, JSON.stringify(this.#saved));
  }
}

function stored(key) {
  try {
    const saved = JSON.parse(sessionStorage.getItem(key));
    return { ...saved, pending: Array.isArray(saved?.pending) ? saved.pending : [] };
  } catch {
    return { pending: [] };
  }
}
