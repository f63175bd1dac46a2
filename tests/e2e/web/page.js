/** The chat page in Chromium, as a person uses it.
 *
 *   node page.js BASE_URL CHROMIUM
 *
 * Prints one JSON object: for each story what was seen.
 */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [base, executablePath] = process.argv.slice(2);
const QUIET = "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 640 };

const stories = { chat, keyboard, phone, reload, lostAnswer, ended, hostile, hidden, files, thumbs };
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", ...QUIET.split(" ")] });
const told = await Promise.all(Object.entries(stories).map(async ([name, story]) => [name, await tell(story)]));
await browser.close();
console.log(JSON.stringify(Object.fromEntries(told)));

async function tell(story) {
  const context = await browser.newContext({ viewport: story === phone ? PHONE : DESK });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  try {
    await page.goto(`${base}/`);
    await page.locator("#bots a").first().waitFor();
    return { ...(await story(page)), errors };
  } catch (error) {
    await page.screenshot({ path: join(mkdtempSync(join(tmpdir(), "chat-page-")), "failed.png") });
    return { failed: String(error), errors };
  } finally {
    await context.close();
  }
}

async function pick(page, name) {
  await page.getByRole("link", { name }).click();
  await page.getByRole("heading", { level: 2, name }).waitFor();
}

async function say(page, text) {
  await page.getByLabel("Your message").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

function heard(page, text) {
  return page.locator(".from-bot .bubble", { hasText: text });
}

function transcript(page) {
  return page.locator(".bubble").allInnerTexts();
}

async function chat(page) {
  const bots = await page.locator("#bots strong").allInnerTexts();
  await pick(page, "Second");
  await say(page, "hello **you**");
  await heard(page, "echo: hello").waitFor();
  return {
    bots,
    title: await page.title(),
    messages: await transcript(page),
    emphasis: await page.locator(".from-bot strong").allInnerTexts(),
    states: await page.locator(".from-user").evaluateAll((items) => items.map((item) => item.dataset.state)),
    csp: await page.evaluate(async () => (await fetch("/")).headers.get("content-security-policy")),
  };
}

async function keyboard(page) {
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.dataset.bot || "");
  await page.evaluate(() => document.activeElement.blur());
  const stops = [];
  for (let press = 0; press < 8 && stops.at(-1) !== "second"; press += 1) {
    await page.keyboard.press("Tab");
    stops.push(await focused());
  }
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 2, name: "Second" }).waitFor();
  const afterPick = await focused();
  await page.keyboard.type("first line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await page.keyboard.press("Enter");
  await heard(page, "echo: first line").waitFor();
  return { stops: stops.slice(-3), afterPick, afterSend: await focused(), said: (await transcript(page))[0] };
}

async function phone(page) {
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  const list = await overflow();
  await pick(page, "Echo");
  await say(page, `https://example.com/${"long".repeat(80)} and ${"word".repeat(80)}`);
  await heard(page, "echo:").waitFor();
  const conversation = await overflow();
  await page.getByRole("button", { name: "All assistants" }).click();
  return { list, conversation, back: await page.locator("#bots").isVisible() };
}

async function reload(page) {
  await pick(page, "Echo");
  await say(page, "remember me");
  await heard(page, "echo: remember me").waitFor();
  await page.reload();
  await heard(page, "echo: remember me").waitFor();
  await say(page, "still here");
  await heard(page, "echo: still here").waitFor();
  return { messages: await transcript(page) };
}

/** The server takes the message, but its answer is lost: the page must send it again, once. */
async function lostAnswer(page) {
  let losses = 2;
  const ids = [];
  await page.route("**/activities", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    ids.push(route.request().postDataJSON().channelData.clientActivityID);
    if (losses === 0) return route.continue();
    losses -= 1;
    await route.fetch();
    return route.abort();
  });
  await pick(page, "Echo");
  await say(page, "only once");
  await page.locator('.from-user[data-state="waiting"]').waitFor();
  await heard(page, "echo: only once").waitFor();
  await say(page, "next");
  await heard(page, "echo: next").waitFor();
  return { ids, messages: await transcript(page) };
}

async function ended(page) {
  let over = false;
  await page.route("**/activities**", (route) => (over ? route.fulfill({ status: 403, json: {} }) : route.continue()));
  await pick(page, "Echo");
  await say(page, "before");
  await heard(page, "echo: before").waitFor();
  over = true;
  await page.getByText("This conversation has ended.").waitFor();
  over = false;
  await page.getByRole("button", { name: "Start a new one" }).click();
  await say(page, "after");
  await heard(page, "echo: after").waitFor();
  return { messages: await transcript(page), notice: await page.locator("#notice").isVisible() };
}

async function hostile(page) {
  await pick(page, "Echo");
  await say(page, "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script> [x](javascript:window.hacked=1) ![i](https://leak.example/?q=1)");
  await heard(page, "echo:").waitFor();
  return {
    hacked: await page.evaluate(() => window.hacked ?? 0),
    images: await page.locator("#log img").count(),
    links: await page.locator("#log a").evaluateAll((links) => links.map((link) => link.href)),
  };
}

/** The answer comes with three files, as a skill sends them, at addresses of this app. */
async function files(page) {
  const address = (name) => `http://localhost:1/api/files/files.web.0/${name}?until=1&sig=x`;
  const attachments = [
    { contentType: "image/png", name: "plan.png", altText: "A plan", contentUrl: address("plan") },
    { contentType: "audio/mpeg", name: "note.mp3", altText: "Spoken", contentUrl: address("note") },
    { contentType: "application/pdf", name: "form.pdf", size: 48_213, contentUrl: address("form") },
    { contentType: "application/pdf", name: "bad.pdf", contentUrl: "javascript:window.hacked=1" },
    { contentType: "image/png", name: "elsewhere.png", contentUrl: "http://files.example/a.png" },
  ];
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  await page.route("**/api/files/**", (route) => route.fulfill({ contentType: "image/png", body: png }));
  await page.route("**/activities?watermark=*", async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    for (const activity of body.activities) if (activity.text === "echo: files") activity.attachments = attachments;
    await route.fulfill({ response, json: body });
  });
  await pick(page, "Echo");
  await say(page, "files");
  await page.locator(".picture img").waitFor();
  const href = page.locator("a.file");
  return {
    picture: await page.locator(".picture img").evaluate((img) => ({ alt: img.alt, own: img.src.startsWith(location.origin) })),
    sound: await page.locator("audio").getAttribute("aria-label"),
    file: [await href.getAttribute("download"), await href.locator(".about").innerText()],
    named: await page.locator(".from-bot .bubble").allInnerTexts(),
    hacked: await page.evaluate(() => window.hacked ?? 0),
  };
}

/** Thumbs by keyboard, while the answer to the first vote is lost; then the page is loaded again. */
async function thumbs(page) {
  const votes = [];
  let losses = 1;
  await page.route("**/activities?watermark=*", async (route) => {
    try {
      const response = await route.fetch();
      const body = await response.json();
      for (const said of body.activities) if (said.text === "echo: good?") said.channelData = { feedbackLoop: { type: "default" } };
      await route.fulfill({ response, json: body });
    } catch (error) {
      if (!/disposed|closed|navigat/i.test(String(error))) throw error; // the page was left meanwhile
    }
  });
  await page.route("**/activities", async (route) => {
    const posted = route.request().postDataJSON();
    if (posted?.type !== "invoke") return route.continue();
    const response = await route.fetch();
    votes.push({ about: posted.replyToId, said: posted.value.actionValue.reaction, status: response.status() });
    losses -= 1;
    return losses < 0 ? route.fulfill({ response }) : route.abort();
  });
  const pressed = () => page.locator(".thumb").evaluateAll((all) => all.map((thumb) => [thumb.ariaLabel, thumb.ariaPressed, thumb.ariaDisabled]));
  await pick(page, "Echo");
  await say(page, "plain");
  await heard(page, "echo: plain").waitFor();
  await say(page, "good?");
  await page.getByRole("group", { name: "Was this answer helpful?" }).waitFor();
  const lost = page.waitForEvent("requestfailed", (request) => request.method() === "POST");
  await page.getByRole("button", { name: "Not helpful" }).focus();
  await page.keyboard.press("Enter");
  await lost;
  await page.getByRole("status").filter({ hasText: "Thank you" }).waitFor();
  await page.getByRole("button", { name: "Helpful", exact: true }).press("Enter");
  const after = await pressed();
  await page.reload();
  await page.getByRole("status").filter({ hasText: "Thank you" }).waitFor();
  const seen = { votes, after, reloaded: await pressed(), groups: await page.locator(".thumbs").count() };
  await page.unrouteAll({ behavior: "ignoreErrors" });
  return seen;
}

async function hidden(page) {
  await page.clock.install();
  await pick(page, "Echo");
  await say(page, "hello");
  await heard(page, "echo: hello").waitFor();
  const show = (value) =>
    page.evaluate((state) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => state });
      document.dispatchEvent(new Event("visibilitychange"));
    }, value);
  await show(true);
  await page.waitForLoadState("networkidle");
  let polls = 0;
  page.on("request", (request) => (polls += request.url().includes("watermark")));
  await page.clock.fastForward(60_000);
  const whileHidden = polls;
  const polled = page.waitForRequest((request) => request.url().includes("watermark"));
  await show(false);
  await polled;
  return { whileHidden };
}
