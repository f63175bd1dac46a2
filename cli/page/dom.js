/** Building elements. Text only ever becomes text nodes: nothing here parses HTML. */

/** `el("a", { class: "x", href, onclick }, ...children)`; null children and attributes are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** An absolute URL with one of the schemes, or null. */
export function safeUrl(value, schemes = ["http:", "https:"]) {
  try {
    const url = new URL(value);
    return schemes.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link to elsewhere, or just its content when the URL is not acceptable. */
export function link(url, content, schemes) {
  const href = safeUrl(url, schemes);
  if (!href) return el("span", {}, content);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, content);
}

/** The initials and the tint that stand for a bot. */
export function dress(avatar, bot) {
  const words = bot.name.split(/\s+/).filter(Boolean);
  const initials = words.length > 1 ? words[0][0] + words.at(-1)[0] : bot.name.slice(0, 2);
  avatar.textContent = initials.toUpperCase();
  avatar.dataset.tint = String(bot.tint);
  return avatar;
}
