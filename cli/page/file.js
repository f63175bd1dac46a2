/** A file that the bot sent: a picture, something to listen to, or a link to save it by. */

import { el, safeUrl } from "./dom.js";

const PICTURES = /^image\/(png|jpe?g|gif|webp|avif|bmp|svg\+xml)\b/;
const UNITS = ["byte", "kilobyte", "megabyte"];

/** The element for an attachment, or null. `grown` is called when a picture has taken its room. */
export function file(attachment, grown) {
  const name = String(attachment.name ?? "Attachment");
  const about = typeof attachment.altText === "string" ? attachment.altText : "";
  const kind = String(attachment.contentType ?? "");
  const picture = PICTURES.test(kind);
  const href = here(safeUrl(attachment.contentUrl, picture ? ["https:", "http:", "data:"] : ["https:", "http:"]));
  if (!href) return el("div", { class: "bubble" }, el("p", {}, name));
  if (picture) {
    const image = el("img", { src: href, alt: about || name, referrerpolicy: "no-referrer", onload: grown });
    if (href.startsWith("data:")) return el("span", { class: "picture" }, image);
    return el("a", { class: "picture", href, target: "_blank", rel: "noopener noreferrer" }, image);
  }
  if (kind.startsWith("audio/")) {
    const player = el("audio", { controls: true, preload: "none", src: href, "aria-label": about || name });
    return el("figure", { class: "sound" }, player, el("figcaption", {}, about || name));
  }
  const ending = name.includes(".") ? name.split(".").at(-1).slice(0, 4).toUpperCase() : "FILE";
  const details = [about, size(attachment.size)].filter(Boolean).join(" · ");
  return el(
    "a",
    { class: "file", href, download: name, target: "_blank", rel: "noopener noreferrer" },
    el("span", { class: "kind", "aria-hidden": "true" }, ending),
    el("span", { class: "title" }, name),
    el("span", { class: "about" }, details),
  );
}

/** A file of this very app is asked for by the name under which the page knows the app. */
function here(address) {
  if (!address || address.startsWith("data:")) return address;
  const url = new URL(address);
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (local && url.pathname.startsWith("/api/files/")) return `${location.origin}${url.pathname}${url.search}`;
  return url.protocol === "https:" ? address : null;
}

function size(bytes) {
  if (!Number.isFinite(bytes) || bytes <= 0) return "";
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log(bytes) / Math.log(1000)));
  const format = new Intl.NumberFormat(undefined, { style: "unit", unit: UNITS[step], unitDisplay: "short", maximumFractionDigits: step > 1 ? 1 : 0 });
  return format.format(bytes / 1000 ** step);
}
