/** The chat page: choose a bot, talk to it. */

import { Conversation } from "./directline.js";
import { dress, el } from "./dom.js";
import { Transcript } from "./transcript.js";

const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((node) => [camel(node.id), node]));
const wide = window.matchMedia("(min-width: 56rem)");
const precise = window.matchMedia("(pointer: fine)");
const drafts = new Map();

let bots = [];
let current = null;
let following = true;

async function load() {
  page.directoryNote.hidden = true;
  try {
    const response = await fetch("/bots.json");
    if (!response.ok) throw new Error(`status ${response.status}`);
    bots = (await response.json()).map((bot, index) => ({ ...bot, tint: index % 6 }));
  } catch {
    const again = el("button", { type: "button", class: "text-button", onclick: load }, "Try again");
    page.directoryNote.replaceChildren("The assistants could not be loaded. ", again);
    page.directoryNote.hidden = false;
    return;
  }
  page.directoryNote.textContent = "No bot has a [channels.web] table in its manifest yet.";
  page.directoryNote.hidden = bots.length > 0;
  page.bots.replaceChildren(...bots.map(entry));
  const last = bots.find((bot) => bot.id === sessionStorage.getItem("bot")) ?? bots[0];
  if (!chosen() && last && (wide.matches || bots.length === 1)) history.replaceState(null, "", `#/${last.id}`);
  route();
}

function entry(bot) {
  const about = el("span", { class: "about" }, el("strong", {}, bot.name), el("span", {}, bot.department ?? ""));
  const avatar = dress(el("span", { class: "avatar", "aria-hidden": "true" }), bot);
  return el("li", {}, el("a", { href: `#/${bot.id}`, "data-bot": bot.id }, avatar, about));
}

function chosen() {
  const id = decodeURIComponent(location.hash.replace(/^#\/?/, ""));
  return bots.find((bot) => bot.id === id) ?? null;
}

function route() {
  const bot = chosen();
  document.body.classList.toggle("chatting", Boolean(bot));
  page.chat.hidden = !bot;
  page.skip.hidden = !bot;
  for (const anchor of page.bots.querySelectorAll("a")) {
    if (anchor.dataset.bot === bot?.id) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  if (bot?.id === current?.bot.id) return;
  if (current) {
    drafts.set(current.bot.id, page.message.value);
    current.conversation.close();
    current = null;
  }
  document.title = bot?.name ?? "Assistants";
  if (bot) talk(bot);
}

function talk(bot) {
  sessionStorage.setItem("bot", bot.id);
  const conversation = new Conversation(bot.id);
  const transcript = new Transcript(page, bot, {
    say,
    submit: (value, title, replyToId) => {
      const said = typeof value === "string" ? { text: value } : { value, channelData: { actionTitle: title, postBack: true } };
      conversation.send({ type: "message", replyToId, ...said });
      focusMessage();
    },
    vote: (reaction, replyToId) => {
      const value = { actionName: "feedback", actionValue: { reaction, feedback: "{}" } };
      conversation.send({ type: "invoke", name: "message/submitAction", replyToId, value });
    },
    retry: () => conversation.flush(),
  });
  current = { bot, conversation, transcript };

  dress(page.botAvatar, bot);
  page.botName.textContent = bot.name;
  page.botDepartment.textContent = bot.department ?? "";
  page.message.value = drafts.get(bot.id) ?? "";
  page.message.placeholder = `Message ${bot.name}`;
  showWaiting(false);
  notify();
  resize();

  conversation.addEventListener("activity", ({ detail }) => {
    transcript.hear(detail);
    if ("fabricWaiting" in detail) showWaiting(detail.fabricWaiting);
    refresh();
  });
  conversation.addEventListener("message", ({ detail }) => {
    transcript.own(detail.activity, detail.state);
    refresh();
  });
  conversation.addEventListener("begun", refresh);
  conversation.addEventListener("caughtup", refresh);
  conversation.addEventListener("state", ({ detail }) => notify(detail));
  page.welcome.replaceChildren(...welcome(bot));
  for (const activity of conversation.pending) transcript.own(activity, "waiting");
  page.welcome.hidden = conversation.begun || !transcript.empty;
  page.restart.hidden = !conversation.begun;
  conversation.open();
  if (precise.matches) page.message.focus();
}

/** Above the message box, while a person is waited for; the bot says when, and in its words. */
function showWaiting(waiting) {
  page.waiting.hidden = !waiting;
  if (!waiting) return;
  const back = el("button", { type: "button", class: "text-button", onclick: () => say("/bot", String(waiting.button ?? "")) }, String(waiting.button ?? ""));
  page.waiting.replaceChildren(el("span", { class: "waiting-dot", "aria-hidden": "true" }), el("span", {}, String(waiting.text ?? "")), back);
}

function welcome(bot) {
  const examples = (bot.examples ?? []).slice(0, 4);
  const chips = examples.map((text) => el("li", {}, el("button", { type: "button", class: "example", onclick: () => say(text) }, text)));
  return [
    dress(el("span", { class: "avatar large", "aria-hidden": "true" }), bot),
    el("h3", {}, bot.name),
    bot.description ? el("p", {}, bot.description) : null,
    chips.length ? el("p", { class: "examples-label", id: "examples-label" }, "You could ask") : null,
    chips.length ? el("ul", { class: "examples", "aria-labelledby": "examples-label" }, chips) : null,
  ].filter(Boolean);
}

function refresh() {
  page.welcome.hidden = !current.transcript.empty;
  page.restart.hidden = !current.conversation.begun;
}

/** Say something; what a button says in its place is shown by the button's title. */
function say(text, title) {
  const words = text.trim();
  if (!words || !current) return;
  current.conversation.send({ type: "message", text: words, textFormat: "plain", locale: navigator.language, ...(title && title !== words ? { channelData: { actionTitle: title } } : {}) });
  focusMessage();
}

function notify(state = "online") {
  const { conversation, transcript } = current;
  const button = (label, onclick) => el("button", { type: "button", class: "text-button", onclick }, label);
  const restart = () => {
    transcript.clear();
    notify();
    conversation.restart({ keepPending: true });
    for (const activity of conversation.pending) transcript.own(activity, "sending");
    refresh();
    focusMessage();
  };
  const content = {
    online: [],
    reconnecting: [
      navigator.onLine ? "The connection is interrupted. Trying again." : "You are offline. Messages go out when the connection is back.",
      button("Try now", () => conversation.visible()),
    ],
    ended: conversation.begun
      ? ["This conversation has ended.", button("Start a new one", restart)]
      : ["This assistant cannot be reached from this page.", button("Try again", restart)],
  }[state];
  if (page.notice.dataset.state === state && state !== "reconnecting") return;
  page.notice.dataset.state = state;
  page.notice.hidden = !content.length;
  page.notice.replaceChildren(...content);
}

/** Back to the message box, except where that would raise a phone's keyboard. */
function focusMessage() {
  if (precise.matches) page.message.focus();
}

function resize() {
  page.message.style.height = "auto";
  page.message.style.height = `${page.message.scrollHeight}px`;
  page.send.disabled = !page.message.value.trim();
}

function camel(id) {
  return id.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

page.composer.addEventListener("submit", (event) => {
  event.preventDefault();
  say(page.message.value);
  page.message.value = "";
  resize();
});
page.message.addEventListener("input", resize);
page.message.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  page.composer.requestSubmit();
});
page.restart.addEventListener("click", () => {
  current.conversation.restart();
  current.transcript.clear();
  showWaiting(false);
  notify();
  refresh();
  focusMessage();
});
page.latest.addEventListener("click", () => current.transcript.scroll());
page.scroller.addEventListener("scroll", () => {
  following = current?.transcript.near ?? true;
  if (following) page.latest.hidden = true;
});
new ResizeObserver(() => {
  if (following) current?.transcript.scroll();
}).observe(page.scroller);
page.skip.addEventListener("click", () => page.message.focus());
page.back.addEventListener("click", () => {
  location.hash = "";
});
window.addEventListener("hashchange", route);

load();
