/** Elements of the page. Whatever is put into one goes in as text: there is no way here to write HTML. */

const STEERS = /[\p{Cc}\p{Cf}\p{Cs}]/gu;

/** A value on one line, without characters that would turn the direction of writing or hide something. */
export function safe(value) {
  return String(value).replace(/[\n\r\t]/g, " ").replace(STEERS, "\uFFFD");
}

/** An element with attributes (`on...`: a listener) and children: elements, texts, numbers, lists; null is left out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  fill(made, ...children);
  return made;
}

/** Put children in place of those that an element has. */
export function fill(element, ...children) {
  const kept = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  element.replaceChildren(...kept.map((child) => (child instanceof Node ? child : safe(child))));
}

/** What went wrong, said at once to who can't see it. */
export const alarm = (text) => el("p", { class: "problem", role: "alert" }, text);

/** A table with a caption for those who can't see where it stands; a column is a title, or [title, class]. */
export function table(caption, columns, rows) {
  const titled = columns.map((column) => (Array.isArray(column) ? column : [column, null]));
  return el(
    "div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {},
      el("caption", { class: "unseen" }, caption),
      el("thead", {}, el("tr", {}, titled.map(([title, kind]) => el("th", { scope: "col", class: kind }, title)))),
      el("tbody", {}, rows.map((row) =>
        el("tr", {}, row.map((cell, n) => el(n ? "td" : "th", { scope: n ? null : "row", class: titled[n][1], "data-title": titled[n][0] }, cell)))))),
  );
}

/** A list of facts: [name, value], those without a value left out. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts" }, known.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** Texts and elements beside each other. A text that is written from right to left leaves the order of the others alone. */
export function dotted(parts) {
  return parts.filter(Boolean).map((part, n) => [n > 0 && " · ", el("span", { class: "value" }, part)]);
}

/** Rows of a long list, some at a time, with a button for more. `draw` makes an element of the rows shown so far. */
export function some(rows, size, draw) {
  const place = el("div");
  const show = (count) => {
    const more = rows.length - count;
    fill(place, draw(rows.slice(0, count)), more > 0 && el(
      "button", { type: "button", class: "quiet", onclick: () => show(count + size) },
      `Show ${Math.min(more, size)} more of ${more}`,
    ));
  };
  show(size);
  return place;
}
