/** Adaptive Cards: text, facts, columns, images, inputs and buttons; of the rest the fallback text. */

import { el, link, safeUrl } from "./dom.js";
import { inline } from "./markdown.js";

const LEVELS = 12;
let serial = 0;

/** The element of a card. `submit(value, title)` is called when the person presses a button. */
export function card(content, submit) {
  const fields = el("fieldset", {}, content.speak ? el("legend", { class: "unseen" }, String(content.speak)) : null);
  const form = el("form", { class: "card" }, fields);
  form.addEventListener("submit", (event) => event.preventDefault());
  const context = { form, submit };
  fields.append(...elements(content.body, context, 0), ...actions(content.actions, context, 0));
  return form;
}

/** Show that a card was answered: it takes no second answer. */
export function settle(form) {
  form.classList.add("settled");
  form.querySelector("fieldset").disabled = true;
}

function elements(items, context, level) {
  if (!Array.isArray(items) || level > LEVELS) return [];
  return items
    .filter((item) => item && typeof item === "object" && item.isVisible !== false)
    .map((item) => element(item, context, level + 1))
    .filter(Boolean);
}

function element(item, context, level) {
  switch (item.type) {
    case "TextBlock":
      return textBlock(item);
    case "RichTextBlock":
      return el("p", {}, (item.inlines ?? []).map((run) => (typeof run === "string" ? run : String(run.text ?? ""))));
    case "FactSet":
      return el(
        "dl",
        { class: "facts" },
        (item.facts ?? []).map((fact) =>
          el("div", {}, el("dt", {}, String(fact.title ?? "")), el("dd", {}, inline(String(fact.value ?? "")))),
        ),
      );
    case "Image":
      return image(item);
    case "Container":
      return el("div", { class: "card-container" }, elements(item.items, context, level));
    case "ColumnSet":
      return el("div", { class: "columns" }, elements(item.columns, context, level));
    case "Column":
      return el("div", { class: item.width === "auto" ? "column snug" : "column" }, elements(item.items, context, level));
    case "ActionSet":
      return el("div", {}, actions(item.actions, context, level));
    default:
      if (String(item.type).startsWith("Input.")) return input(item);
      if (item.fallback && typeof item.fallback === "object") return element(item.fallback, context, level + LEVELS / 4);
      return item.fallbackText ? el("p", { class: "subtle" }, String(item.fallbackText)) : null;
  }
}

function textBlock(item) {
  const [size, weight, style] = [item.size, item.weight, item.style].map((value) => String(value ?? "").toLowerCase());
  const large = ["medium", "large", "extralarge"].includes(size);
  const classes = [
    style === "heading" || (large && weight === "bolder") ? "card-title" : "",
    weight === "bolder" ? "strong" : "",
    item.isSubtle ? "subtle" : "",
  ];
  return el("p", { class: classes.filter(Boolean).join(" ") || null }, inline(String(item.text ?? "")));
}

function image(item) {
  const src = safeUrl(item.url, ["https:", "data:"]);
  return src ? el("img", { src, alt: String(item.altText ?? ""), loading: "lazy", referrerpolicy: "no-referrer" }) : null;
}

function input(item) {
  const id = `input-${(serial += 1)}`;
  const common = { id, name: String(item.id ?? id), required: item.isRequired === true };
  const label = item.label ?? item.placeholder ?? item.title ?? item.id ?? "";
  const value = item.value ?? "";
  if (item.type === "Input.ChoiceSet") return choices(item, common, label);
  if (item.type === "Input.Toggle") {
    const box = el("input", {
      ...common,
      type: "checkbox",
      value: item.valueOn ?? "true",
      "data-off": item.valueOff ?? "false",
      checked: String(value) === String(item.valueOn ?? "true"),
    });
    return el("label", { class: "choice" }, box, el("span", {}, String(item.title ?? label)));
  }
  const kinds = { "Input.Number": "number", "Input.Date": "date", "Input.Time": "time" };
  const styles = { Email: "email", email: "email", Tel: "tel", tel: "tel", Url: "url", url: "url" };
  const attributes = {
    ...common,
    placeholder: item.label ? item.placeholder : null,
    maxlength: item.maxLength,
    min: item.min,
    max: item.max,
  };
  const control = item.isMultiline
    ? el("textarea", { ...attributes, rows: 3 }, String(value))
    : el("input", { ...attributes, type: kinds[item.type] ?? styles[item.style] ?? "text", value });
  return el("div", { class: "field" }, labelled(id, label, item), explained(control, item));
}

/** Have the browser say what is wrong in the words of the card. */
function explained(control, item) {
  if (!item.errorMessage) return control;
  control.addEventListener("invalid", () => control.setCustomValidity(String(item.errorMessage)));
  control.addEventListener("input", () => control.setCustomValidity(""));
  return control;
}

function choices(item, common, label) {
  const options = (item.choices ?? []).map((choice) => [String(choice.title ?? choice.value), String(choice.value ?? "")]);
  const chosen = String(item.value ?? "").split(",");
  if (item.style !== "expanded" && !item.isMultiSelect) {
    const nothing = el("option", { value: "" }, String(item.placeholder ?? "Choose"));
    const all = options.map(([title, value]) => el("option", { value, selected: chosen.includes(value) }, title));
    return el("div", { class: "field" }, labelled(common.id, label, item), explained(el("select", common, nothing, all), item));
  }
  const type = item.isMultiSelect ? "checkbox" : "radio";
  const required = type === "radio" && common.required;
  return el(
    "div",
    { class: "field", role: type === "radio" ? "radiogroup" : "group", "aria-labelledby": common.id },
    el("span", { id: common.id, class: "label" }, String(label)),
    options.map(([title, value]) =>
      el(
        "label",
        { class: "choice" },
        el("input", { type, name: common.name, value, required, checked: chosen.includes(value), "data-many": item.isMultiSelect }),
        el("span", {}, title),
      ),
    ),
  );
}

function labelled(id, label, item) {
  return el("label", { for: id, class: "label" }, String(label), item.isRequired ? el("span", { class: "required", "aria-hidden": "true" }, " *") : null);
}

function actions(items, context, level) {
  if (!Array.isArray(items) || level > LEVELS) return [];
  const row = el("div", { class: "card-actions" });
  const shown = [];
  for (const action of items.filter((item) => item && typeof item === "object")) {
    const title = String(action.title ?? "Continue");
    if (action.type === "Action.OpenUrl") {
      const anchor = link(action.url, title, ["https:"]);
      if (anchor.href) anchor.className = "button";
      if (anchor.href) row.append(anchor);
    } else if (action.type === "Action.Submit" || action.type === "Action.Execute") {
      const classes = action.style === "positive" ? "button primary" : action.style === "destructive" ? "button grave" : "button";
      row.append(el("button", { type: "button", class: classes, onclick: () => press(action, title, context) }, title));
    } else if (action.type === "Action.ShowCard") {
      shown.push(el("details", {}, el("summary", {}, title), elements(action.card?.body, context, level + 1), actions(action.card?.actions, context, level + 1)));
    }
  }
  return row.childElementCount ? [row, ...shown] : shown;
}

function press(action, title, { form, submit }) {
  const ignoresInputs = action.associatedInputs === "none";
  if (!ignoresInputs && !form.reportValidity()) return;
  const inputs = ignoresInputs ? {} : values(form);
  const data = action.data;
  if (typeof data === "string" && !Object.keys(inputs).length) submit(data, title);
  else submit({ ...(data && typeof data === "object" ? data : data === undefined ? {} : { data }), ...inputs }, title);
  settle(form);
}

/** Values by input id, as Adaptive Cards sends them: text, several choices joined by a comma. */
function values(form) {
  const result = {};
  for (const control of form.querySelectorAll("input, textarea, select")) {
    if (control.type === "radio") {
      if (control.checked) result[control.name] = control.value;
    } else if (control.dataset.many !== undefined) {
      const rest = result[control.name] ? `${result[control.name]},` : "";
      result[control.name] = control.checked ? rest + control.value : (result[control.name] ?? "");
    } else if (control.type === "checkbox") {
      result[control.name] = control.checked ? control.value : control.dataset.off;
    } else {
      result[control.name] = control.value;
    }
  }
  return result;
}
