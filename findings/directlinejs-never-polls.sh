#!/bin/sh
# botframework-directlinejs asks for a WebSocket unless told otherwise. A service that offers polling
# only, and so gives no `streamUrl`, is never asked for an activity: the client does not fall back.
# botframework-directlinejs 0.15.8.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts botframework-directlinejs@0.15.8 xhr2@0.2.1 ws@7.5.14
cat > try.cjs <<'JS'
const http = require("http");
globalThis.XMLHttpRequest = require("xhr2");
globalThis.WebSocket = require("ws");
const { DirectLine } = require("botframework-directlinejs");

let polls = 0;
const service = http.createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  if (request.method === "POST") return response.end('{"conversationId":"c","token":"t","expires_in":1800}');
  polls += 1;
  response.end('{"activities":[],"watermark":"0"}');
});
process.on("uncaughtException", (error) => console.log("uncaught:", String(error)));
service.listen(0, "127.0.0.1", async () => {
  const domain = `http://127.0.0.1:${service.address().port}`;
  const seen = {};
  for (const options of [{ webSocket: false }, {}]) {
    polls = 0;
    const client = new DirectLine({ domain, token: "t", pollingInterval: 200, ...options });
    client.activity$.subscribe(() => {}, (error) => console.log("error:", String(error)));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    seen["webSocket" in options ? "polling" : "default"] = polls;
    client.end();
  }
  console.log("requests for activities in 3 s:", seen);
  const asFound = seen.polling > 1 && seen.default === 0;
  console.log(asFound ? "as found" : "CHANGED");
  process.exit(asFound ? 0 : 1);
});
JS
node try.cjs
