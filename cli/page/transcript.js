/** The conversation as a person sees it: grouped messages, times, cards, sources, suggestions. */

import { card, settle } from "./card.js";
import { dress, el, link, safeUrl } from "./dom.js";
import { file } from "./file.js";
import { markdown } from "./markdown.js";
import { Thumbs, asksForThumbs } from "./thumbs.js";

const GROUP_MS = 5 * 60_000;
const TYPING_MS = 20_000;
const NEAR_PX = 96;
const ADAPTIVE = "application/vnd.microsoft.card.adaptive";
const STATES = { sending: "Sending", waiting: "Not sent yet, trying again", failed: "This message could not be sent" };

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

/** `page` holds the elements; `say(text)`, `submit(value, title, replyToId)`, `vote(reaction, replyToId)`, `retry()` are called. */
export class Transcript {
  #seen = new Set();
  #own = new Map();
  #cards = new Map();
  #thumbs = new Map();
  #votes = new Map();
  #previous = null;
  #timer = 0;

  constructor(page, bot, { say, submit, vote, retry }) {
    Object.assign(this, { page, bot, say, submit, vote, retry });
    this.clear();
  }

  get empty() {
    return this.#previous === null;
  }

  clear() {
    this.#seen.clear();
    this.#own.clear();
    this.#cards.clear();
    this.#thumbs.clear();
    this.#votes.clear();
    this.#previous = null;
    this.page.log.replaceChildren();
    this.page.suggestions.replaceChildren();
    this.#typing(false);
    this.page.latest.hidden = true;
  }

  /** Show one activity of the stream, once. */
  hear(activity) {
    if (!activity.id || this.#seen.has(activity.id)) return;
    this.#seen.add(activity.id);
    const mine = activity.from?.role === "user";
    if (activity.type === "typing" && !mine) {
      this.#typing(Date.now() - Date.parse(activity.timestamp) < TYPING_MS);
    } else if (activity.type === "message") {
      if (mine) this.own(activity, "sent");
      else this.#bots(activity);
    } else if (activity.type === "invoke" && mine) {
      this.#voted(activity, "sent");
    }
  }

  /** Show an own message, or what became of it. */
  own(activity, state) {
    if (activity.type === "invoke") {
      this.#voted(activity, state);
      return;
    }
    const id = activity.channelData?.clientActivityID ?? activity.id;
    const known = this.#own.get(id);
    if (known) {
      this.#mark(known, state);
      return;
    }
    if (activity.replyToId && this.#cards.has(activity.replyToId)) settle(this.#cards.get(activity.replyToId));
    const words = activity.channelData?.actionTitle || activity.text || attachmentNames(activity) || "Answered";
    const bubble = el("div", { class: activity.text ? "bubble" : "bubble pressed" }, el("p", { class: "plain" }, words));
    const item = this.#append("user", activity, bubble);
    this.#own.set(id, item);
    this.#mark(item, state);
    this.page.suggestions.replaceChildren();
    this.scroll();
  }

  scroll() {
    this.page.scroller.scrollTop = this.page.scroller.scrollHeight;
    this.page.latest.hidden = true;
  }

  /** Whether the newest message is in view. */
  get near() {
    const { scrollTop, clientHeight, scrollHeight } = this.page.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  #bots(activity) {
    const parts = this.#parts(activity);
    if (!parts.length) return;
    const follow = this.near;
    this.#typing(false);
    this.#append("bot", activity, ...parts, this.#asked(activity));
    const actions = activity.suggestedActions?.actions ?? [];
    if (actions.length || "fabricWaiting" in activity) this.#suggest(actions);
    if (follow) this.scroll();
    else this.page.latest.hidden = false;
  }

  #parts(activity) {
    const cited = citations(activity);
    const parts = [];
    const said = typeof activity.text === "string" ? activity.text.trim() : "";
    const text = cited.length ? said.replace(DEFINITIONS, "") : said;
    if (text) {
      const plain = activity.textFormat === "plain";
      const content = plain ? el("p", { class: "plain" }, text) : markdown(text, cited.map((source) => safeUrl(source.url)));
      parts.push(el("div", { class: "bubble" }, content, sources(cited)));
    }
    for (const attachment of Array.isArray(activity.attachments) ? activity.attachments : []) {
      parts.push(this.#attachment(activity, attachment));
    }
    return parts.filter(Boolean);
  }

  /** Thumbs, where they are asked for; a vote that was given before is shown. */
  #asked(activity) {
    if (!asksForThumbs(activity)) return null;
    const thumbs = new Thumbs((reaction) => this.vote(reaction, activity.id));
    this.#thumbs.set(activity.id, thumbs);
    if (this.#votes.has(activity.id)) thumbs.show(...this.#votes.get(activity.id));
    return thumbs.element;
  }

  #voted(activity, state) {
    const vote = [activity.value?.actionValue?.reaction, state];
    this.#votes.set(activity.replyToId, vote);
    this.#thumbs.get(activity.replyToId)?.show(...vote);
  }

  #attachment(activity, attachment) {
    if (attachment?.contentType === ADAPTIVE && attachment.content) {
      const form = card(attachment.content, (value, title) => this.submit(value, title, activity.id));
      this.#cards.set(activity.id, form);
      return form;
    }
    return attachment?.contentUrl ? file(attachment, () => this.near && this.scroll()) : null;
  }

  #append(who, activity, ...parts) {
    const time = new Date(activity.timestamp ?? Date.now());
    const before = this.#previous;
    const colleague = typeof activity.fabricColleague === "string" ? activity.fabricColleague : "";
    const name = colleague || this.bot.name;
    const continues = before?.who === who && before.name === name && time - before.time < GROUP_MS && time.getDate() === before.time.getDate();
    this.#day(time, before?.time);
    const mine = who === "user";
    const byline = el(
      "p",
      { class: continues ? "byline unseen" : "byline" },
      el("span", { class: mine ? "unseen" : "name" }, mine ? "You" : name),
      " ",
      el("time", { datetime: time.toISOString() }, clock.format(time)),
    );
    const avatar = mine ? null : dress(el("span", { class: "avatar", "aria-hidden": "true" }), colleague ? { id: colleague, name: colleague } : this.bot);
    const item = el("li", { class: `message from-${who}${continues ? " continues" : ""}` }, avatar, el("div", { class: "said" }, byline, parts));
    this.page.log.append(item);
    this.#previous = { who, name, time };
    return item;
  }

  #day(time, before) {
    const today = new Date().toDateString();
    const day = time.toDateString();
    if (day === before?.toDateString() || (!before && day === today)) return;
    this.page.log.append(el("li", { class: "day" }, el("span", {}, day === today ? "Today" : calendar.format(time))));
  }

  #mark(item, state) {
    item.dataset.state = state;
    item.querySelector(".state")?.remove();
    if (state === "sent") return;
    const again = state === "waiting" ? el("button", { type: "button", class: "text-button", onclick: this.retry }, "Try now") : null;
    item.querySelector(".said").append(el("p", { class: "state" }, STATES[state], again));
    if (this.near) this.scroll();
  }

  #suggest(actions) {
    this.page.suggestions.replaceChildren(
      ...actions
        .filter((action) => action && typeof action === "object")
        .map((action) => {
          const title = String(action.title ?? action.value ?? "");
          if (action.type === "openUrl") {
            const anchor = link(action.value, title, ["https:"]);
            anchor.className = "chip";
            return anchor;
          }
          const text = [action.text, action.value, title].find((words) => typeof words === "string" && words);
          return el("button", { type: "button", class: "chip", onclick: () => this.say(text, title) }, title);
        }),
    );
  }

  #typing(shown) {
    clearTimeout(this.#timer);
    const follow = this.near;
    const dots = el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
    const words = el("span", { class: "unseen" }, `${this.bot.name} is typing`);
    this.page.typing.replaceChildren(...(shown ? [dots, words] : []));
    if (shown) this.#timer = setTimeout(() => this.#typing(false), TYPING_MS);
    if (shown && follow) this.scroll();
  }
}

function attachmentNames(activity) {
  return (activity.attachments ?? []).map((attachment) => attachment.name).filter(Boolean).join(", ");
}

/** The sources once more, as other clients read them; here they stand in their own box. */
const DEFINITIONS = /\n\n(?:(?:\[\d+\]: |\\\[\d+\\\] ).*(?:\n|$))+$/;

/** What a `https://schema.org/Message` entity cites: `{name, url, abstract}` in order of position. */
function citations(activity) {
  const entities = Array.isArray(activity.entities) ? activity.entities : [];
  return entities
    .filter((entity) => entity?.type === "https://schema.org/Message" && Array.isArray(entity.citation))
    .flatMap((entity) => entity.citation)
    .sort((one, other) => (one.position ?? 0) - (other.position ?? 0))
    .map((claim) => claim.appearance ?? {});
}

function sources(cited) {
  if (!cited.length) return null;
  const items = cited.map((source, index) => {
    const content = [el("span", { class: "number" }, String(index + 1)), String(source.name ?? "Source")];
    return el("li", { title: source.abstract }, link(source.url, content));
  });
  return el("div", { class: "sources" }, el("span", { class: "sources-label" }, cited.length > 1 ? "Sources" : "Source"), el("ul", {}, items));
}
