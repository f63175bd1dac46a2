/** Microsoft's client: start, say something, hear the echo and the reply by polling.
 *
 *   node directline.js BASE_URL BOT
 *
 * With `socket` as third argument it connects as Microsoft's samples do, without any option.
 *
 * Prints one JSON object: what the client saw.
 */

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
globalThis.XMLHttpRequest = require("xhr2");
globalThis.WebSocket ??= require("ws"); // looked up even when polling
const { ConnectionStatus, DirectLine } = require("botframework-directlinejs");

const [base, bot, way] = process.argv.slice(2);
const domain = `${base}/api/v3/directline`;
const user = { id: "ann", name: "Ann" };

const response = await fetch(`${domain}/tokens/generate`, {
  method: "POST",
  headers: { "content-type": "application/json", origin: base },
  body: JSON.stringify({ bot, user }),
});
const { token, conversationId } = await response.json();

const polling = { webSocket: false, pollingInterval: 200 };
const client = new DirectLine({ domain, token, ...(way === "socket" ? {} : polling) });
const statuses = [];
const activities = [];
client.connectionStatus$.subscribe((status) => statuses.push(ConnectionStatus[status]));

const answered = new Promise((resolve) => {
  client.activity$.subscribe((activity) => {
    activities.push(activity);
    if (activity.type === "message" && activity.from.role === "bot") resolve();
  });
});
const message = {
  type: "message",
  text: "hello from the client",
  from: { id: "somebody-else", role: "bot" },
  channelData: { clientActivityID: "client-1" },
};
const post = () => new Promise((resolve, reject) => client.postActivity({ ...message }).subscribe(resolve, reject));
const posted = await post();
await answered;
const repeated = await post();
const session = await new Promise((resolve) => client.getSessionId().subscribe(resolve));
client.end();

console.log(JSON.stringify({ conversationId, posted, repeated, session, statuses, activities }));
process.exit(0);
