/** Microsoft's client, and somebody behind it who signs in: link, browser, code, answer.
 *
 *   node sign_in.js BASE_URL BOT LOGIN QUESTION
 *
 * The link and the way back name the app by its public address; here it is at BASE_URL. Prints one
 * JSON object: what the person heard, in both of their conversations.
 */

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
globalThis.XMLHttpRequest = require("xhr2");
globalThis.WebSocket ??= require("ws");
const { DirectLine } = require("botframework-directlinejs");

const [base, bot, login, question] = process.argv.slice(2);
const domain = `${base}/api/v3/directline`;
const user = { id: "henry", name: "Henry" };

/** A conversation of its own, as a page opens it. */
async function open() {
  const response = await fetch(`${domain}/tokens/generate`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: base },
    body: JSON.stringify({ bot, user }),
  });
  const { token } = await response.json();
  const client = new DirectLine({ domain, token, webSocket: false, pollingInterval: 200 });
  const heard = [];
  const waiting = [];
  client.activity$.subscribe((activity) => {
    if (activity.type !== "message" || activity.from.role !== "bot") return;
    heard.push(activity.text);
    for (const look of waiting) look();
  });
  const post = (activity) =>
    new Promise((resolve, reject) => client.postActivity({ from: user, ...activity }).subscribe(resolve, reject));
  const until = (count) =>
    new Promise((resolve) => {
      const look = () => heard.length >= count && resolve();
      waiting.push(look);
      look();
    });
  return { client, heard, post, say: (text) => post({ type: "message", text }), until };
}

const here = (address) => base + new URL(address).pathname + new URL(address).search;

/** What a browser does with the link: to the app, to Entra, back, and it shows a code. */
async function signIn(link) {
  const begun = await fetch(here(link), { redirect: "manual" });
  const cookie = begun.headers.get("set-cookie").split(";")[0];
  const entra = `${begun.headers.get("location")}&login_hint=${login}`;
  const back = await fetch(entra, { redirect: "manual" });
  const callback = here(back.headers.get("location"));
  const page = await (await fetch(callback, { headers: { cookie } })).text();
  const replayed = await fetch(callback, { headers: { cookie } });
  return { code: page.match(/<code>(.+)<\/code>/)[1], replayed: replayed.status };
}

const first = await open();
const session = await new Promise((resolve) => first.client.getSessionId().subscribe(resolve));
await first.say(question);
await first.until(1);
const before = first.heard[0];

await first.say("/sign-in");
await first.until(2);
const { code, replayed } = await signIn(first.heard[1].match(/http[^\s)]+\/api\/sign-in\?ticket=[\w-]+/)[0]);
const foreign = await open();
await foreign.say(code);
await foreign.until(1);

await first.say(code);
await first.until(3);
await first.say(question);
await first.until(4);

await foreign.say(question);
await foreign.until(2);

// What its sign-in activities are on a channel with cards; here nobody could hear them.
const exchange = { id: "1", connectionName: "entra", token: "x" };
const invoked = await first
  .post({ type: "invoke", name: "signin/tokenExchange", value: exchange })
  .then((id) => `taken as ${id}`, (error) => `refused ${error.status ?? error}`);

await first.say("/sign-out");
await first.until(5);
await first.say(question);
await first.until(6);

console.log(JSON.stringify({ session, before, replayed, invoked, heard: first.heard, foreign: foreign.heard }));
process.exit(0);
