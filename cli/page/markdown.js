/** Markdown to DOM nodes: what bots write, and no HTML. */

import { el, link, safeUrl } from "./dom.js";

const LONGEST = 40_000;
const FENCE = /^\s{0,3}(?:```|~~~)/;
const HEADING = /^\s{0,3}#{1,6}\s+(.+?)\s*#*$/;
const RULE = /^\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/;
const QUOTE = /^\s{0,3}>\s?(.*)$/;
const ITEM = /^(\s*)(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/;

const INLINE = new RegExp(
  [
    String.raw`\\(?<escaped>[\\\`*_{}\[\]()#+\-.!~>|])`,
    "`(?<code>[^`\\n]+)`",
    String.raw`!\[(?<alt>[^\]\n]{0,300})\]\([^)\s]*\)`,
    String.raw`\[(?<label>[^\]\n]{1,300})\]\(\s*(?<href>[^)\s]+)\s*\)`,
    String.raw`\[(?<cited>\d{1,2})\]`,
    String.raw`(?<url>https?:\/\/[^\s<>]*[^\s<>.,;:!?'")\]*_])`,
    String.raw`\*\*(?<strong>[^\s*](?:[^\n]*?[^\s])?)\*\*`,
    String.raw`(?<![*\w])\*(?<em>[^\s*](?:[^*\n]*[^\s*])?)\*(?![*\w])`,
    String.raw`(?<![_\w])_(?<emphasis>[^\s_](?:[^_\n]*[^\s_])?)_(?![_\w])`,
  ].join("|"),
);

/** The nodes of a whole text. `sources` are URLs (or null) that `[1]`, `[2]`, ... refer to. */
export function markdown(text, sources = []) {
  if (text.length > LONGEST) return [el("p", {}, text)];
  return blocks(text.replace(/\r\n?/g, "\n").split("\n"), sources, 0);
}

/** The nodes of one run of text: emphasis, code and links. */
export function inline(text, sources = []) {
  const nodes = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    const node = span(match, sources);
    const before = rest.slice(0, match.index);
    if (before) nodes.push(node.className === "cited" ? before.trimEnd() : before);
    nodes.push(node);
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest) nodes.push(rest);
  return nodes;
}

function span(match, sources) {
  const found = match.groups;
  if (found.escaped) return found.escaped;
  if (found.code) return el("code", {}, found.code);
  if (found.label) {
    return safeUrl(found.href) ? link(found.href, inline(found.label)) : match[0];
  }
  if (found.url) return link(found.url, found.url);
  if (found.cited) {
    const position = Number(found.cited);
    if (position < 1 || position > sources.length) return match[0];
    const url = sources[position - 1];
    return el("sup", { class: "cited" }, url ? link(url, found.cited) : found.cited);
  }
  if (found.strong) return el("strong", {}, inline(found.strong, sources));
  const emphasis = found.em ?? found.emphasis;
  if (emphasis) return el("em", {}, inline(emphasis, sources));
  return found.alt ?? "";
}

function blocks(lines, sources, depth) {
  const nodes = [];
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) nodes.push(el("p", {}, broken(paragraph, sources)));
    paragraph = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    if (!line.trim()) {
      flush();
    } else if (FENCE.test(line)) {
      flush();
      const end = lines.findIndex((later, index) => index > at && FENCE.test(later));
      const last = end < 0 ? lines.length : end;
      nodes.push(el("pre", { tabindex: "0" }, el("code", {}, lines.slice(at + 1, last).join("\n"))));
      at = last;
    } else if (RULE.test(line)) {
      flush();
      nodes.push(el("hr"));
    } else if (HEADING.test(line)) {
      flush();
      nodes.push(el("p", { class: "heading" }, inline(HEADING.exec(line)[1], sources)));
    } else if (QUOTE.test(line) && depth < 4) {
      flush();
      const quoted = [];
      for (; at < lines.length && QUOTE.test(lines[at]); at += 1) quoted.push(QUOTE.exec(lines[at])[1]);
      at -= 1;
      nodes.push(el("blockquote", {}, blocks(quoted, sources, depth + 1)));
    } else if (ITEM.test(line) && depth < 4) {
      flush();
      const end = listEnd(lines, at);
      nodes.push(list(lines.slice(at, end), sources, depth));
      at = end - 1;
    } else {
      paragraph.push(line);
    }
  }
  flush();
  return nodes;
}

/** Where the list that starts at `at` is over: at a line that is neither item nor indented. */
function listEnd(lines, at) {
  let end = at + 1;
  for (; end < lines.length; end += 1) {
    const line = lines[end];
    if (line.trim() ? !ITEM.test(line) && !/^\s/.test(line) : !ITEM.test(lines[end + 1] ?? "")) break;
  }
  return end;
}

function list(lines, sources, depth) {
  const [, margin, bullet, number] = ITEM.exec(lines[0]);
  const items = [];
  for (const line of lines) {
    const match = ITEM.exec(line);
    if (match && match[1].length <= margin.length) items.push([match[4]]);
    else items.at(-1).push(line.replace(/^\s{1,4}/, ""));
  }
  const start = !bullet && number !== "1" ? number : null;
  return el(
    bullet ? "ul" : "ol",
    { start },
    items.map(([first, ...more]) =>
      el("li", {}, inline(first, sources), blocks(more, sources, depth + 1)),
    ),
  );
}

/** Lines of one paragraph; chat keeps their breaks. */
function broken(lines, sources) {
  return lines.flatMap((line, index) => [
    ...(index ? [el("br")] : []),
    ...inline(line.trim(), sources),
  ]);
}
