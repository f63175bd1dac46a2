/** Thumbs up and down under an answer: one vote, and what became of it. */

import { el } from "./dom.js";

const THUMBS = {
  like: { label: "Helpful", path: "M7 21H4V10h3m0 11V10l4-8c1.7 0 2.6 1.2 2.3 2.8L12.6 9H19a2 2 0 0 1 2 2.4l-1.5 7.5A2.6 2.6 0 0 1 17 21H7" },
  dislike: { label: "Not helpful", path: "M7 3H4v11h3M7 3v11l4 8c1.7 0 2.6-1.2 2.3-2.8L12.6 15H19a2 2 0 0 0 2-2.4l-1.5-7.5A2.6 2.6 0 0 0 17 3H7" },
};
const WORDS = {
  sending: "Thank you",
  sent: "Thank you",
  waiting: "Not sent yet, trying again",
  failed: "This could not be sent; please try again",
};

/** Whether the bot asks what a person thinks of it, as Teams and Web Chat are asked too. */
export function asksForThumbs(activity) {
  return Boolean(activity.channelData?.feedbackLoop);
}

/** `element` to show; `vote(reaction)` is called once, and again only after `show(_, "failed")`. */
export class Thumbs {
  #buttons;
  #state = el("span", { class: "thumbs-state", role: "status" });

  constructor(vote) {
    this.#buttons = Object.entries(THUMBS).map(([reaction, { label, path }]) => {
      const onclick = () => this.#open && vote(reaction);
      const button = el("button", { type: "button", class: "thumb", "aria-label": label, "aria-pressed": "false", title: label, onclick });
      button.dataset.reaction = reaction;
      button.append(drawing(path));
      return button;
    });
    this.element = el("div", { class: "thumbs", role: "group", "aria-label": "Was this answer helpful?" }, this.#buttons, this.#state);
  }

  /** Show a vote, and what became of it: sending, sent, waiting, failed. */
  show(reaction, state) {
    const failed = state === "failed";
    for (const button of this.#buttons) {
      button.setAttribute("aria-pressed", String(!failed && button.dataset.reaction === reaction));
      button.setAttribute("aria-disabled", String(!failed));
    }
    if (this.#state.textContent !== WORDS[state]) this.#state.textContent = WORDS[state];
  }

  get #open() {
    return this.#buttons.every((button) => button.getAttribute("aria-disabled") !== "true");
  }
}

function drawing(path) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  picture.append(line);
  return picture;
}
