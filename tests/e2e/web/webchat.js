/** Microsoft's Web Chat in Chromium, started as in its samples, on a page of another origin.
 *
 *   node webchat.js BASE_URL CHROMIUM WEBCHAT_JS
 *
 * Prints one JSON object: for each story what was seen.
 */

import { chromium } from "playwright-core";

const [base, executablePath, bundle] = process.argv.slice(2);
const PAGE = "http://localhost:7071/";
const QUIET = "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const HTML = `<!doctype html><html lang="en"><title>Intranet</title><div id="chat" style="height:600px"></div><script src="webchat.js"></script>
<script>
  const domain = "${base}/api/v3/directline";
  async function grant() {
    const body = JSON.stringify({ bot: "helpdesk", user: { id: "ann" } });
    const response = await fetch(domain + "/tokens/generate", { method: "POST", body, headers: { "content-type": "application/json" } });
    return response.json();
  }
  function answers() {
    return store.getState().activities.filter((one) => one.type === "message" && one.from.role === "bot");
  }
  function start(token, options) {
    window.store = WebChat.createStore();
    const directLine = WebChat.createDirectLine({ domain, token, ...options });
    WebChat.renderWebChat({ directLine, store, userID: "ann" }, document.getElementById("chat"));
  }
</script></html>`;

const stories = { talk, cites, uploads, presses, comesBack };
// the page is served by no server, so Chromium does not know that it is of this machine as well
const OPEN = "--disable-features=LocalNetworkAccessChecks";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", OPEN, ...QUIET.split(" ")] });
const told = {};
for (const [name, story] of Object.entries(stories)) told[name] = await tell(story);
await browser.close();
console.log(JSON.stringify(told));

async function tell(story) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(40_000);
  const errors = [];
  const sockets = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("websocket", (socket) => sockets.push(socket.url().split("?")[0]));
  await page.route(`${PAGE}**`, (route) =>
    route.request().url().endsWith("webchat.js")
      ? route.fulfill({ path: bundle, contentType: "text/javascript" })
      : route.fulfill({ body: HTML, contentType: "text/html" }),
  );
  try {
    await page.goto(PAGE);
    await page.evaluate(async () => {
      window.granted = await grant();
      start(granted.token);
    });
    await page.waitForFunction(() => store.getState().connectivityStatus === "connected", undefined, { polling: 100 });
    const seen = await story(page);
    return { ...seen, sockets: sockets.length, errors: errors.filter((text) => !text.includes("favicon")) };
  } catch (error) {
    return { failed: String(error), shown: await page.locator("#chat").innerText(), errors };
  } finally {
    await context.close();
  }
}

async function say(page, text) {
  const box = page.locator(".webchat__send-box-text-box__input");
  await box.fill(text);
  await box.press("Enter");
}

function bubbles(page, text) {
  return page.locator(".webchat__bubble__content", { hasText: text });
}

async function talk(page) {
  await say(page, "/echo hello");
  await bubbles(page, "echo: /echo hello").waitFor();
  return { failedSends: await page.getByText("Send failed").count() };
}

async function cites(page) {
  await say(page, "how do I reset my password?");
  const link = page.locator('a[href*="intranet.contoso.example"]').first();
  await link.waitFor();
  return { source: await link.getAttribute("href") };
}

async function uploads(page) {
  const file = { name: 'a "note".txt', mimeType: "text/plain", buffer: Buffer.from("these words") };
  await page.locator("input[type=file]").setInputFiles([file]);
  await say(page, "see this");
  await page.getByText('a "note".txt').first().waitFor();
  await page.getByText("11 bytes").first().waitFor();
  return {};
}

async function presses(page) {
  for (const count of [1, 2]) {
    await page.evaluate(() =>
      store.dispatch({ type: "WEB_CHAT/SEND_POST_BACK", payload: { value: { skill: "echo", answer: "yes" } } }),
    );
    await page.waitForFunction((wanted) => answers().length >= wanted, count, { polling: 100 }).catch(() => undefined);
  }
  return { answers: await page.evaluate(() => answers().length) };
}

async function comesBack(page) {
  await say(page, "/echo remember");
  await bubbles(page, "echo: /echo remember").waitFor();
  const { token, conversationId } = await page.evaluate(() => granted);
  await page.reload();
  await page.evaluate(([token, conversationId]) => start(token, { conversationId, watermark: "0" }), [token, conversationId]);
  await bubbles(page, "echo: /echo remember").waitFor();
  await say(page, "/echo again");
  await bubbles(page, "echo: /echo again").waitFor();
  return { times: await bubbles(page, "echo: /echo remember").count() };
}
