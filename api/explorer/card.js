/** A customer on one page: what is known and from where, what it may be reached by, and how it stands. */

import { el, facts, some, table } from "./dom.js";
import { CHANNELS, count, day, listed, minute, money, percent, words } from "./words.js";

/** The card as `/v1/customers/ID` tells it. */
export function card(found) {
  return el("div", { class: "card" },
    el("div", {},
      el("section", { "aria-labelledby": "golden" },
        el("h2", { id: "golden" }, "Golden record"),
        el("p", { class: "hint" }, "Point at a value, or move to it with Tab, to see where it comes from."),
        el("dl", { class: "golden" }, found.fields.map(field))),
      el("section", { "aria-labelledby": "known" },
        el("h2", { id: "known" }, "Known by"),
        some(found.identifiers, 25, (rows) => table("Identifiers with confidence",
          ["identifier", "sure", "sources", ["last seen", "date"]],
          rows.map((known) => [
            [el("span", { class: "value" }, known.display), el("span", { class: "hint block" }, words(known.type))],
            sure(known.confidence), listed(known.sources, 4), day(known.last_seen),
          ]))),
        found.hangs_on && el("p", { class: "note" },
          `The weakest hop is ${found.hangs_on.record_a} and ${found.hangs_on.record_b}, `
          + `${percent(found.hangs_on.probability)} sure: nothing stronger joins its two sides. `,
          el("a", { href: `#${encodeURIComponent(found.customer_id)}/graph` }, "The graph shows it.")))),
    el("div", {},
      el("section", { "aria-labelledby": "reach" }, el("h2", { id: "reach" }, "May be reached by"), reach(found)),
      el("section", { "aria-labelledby": "state" },
        el("h2", { id: "state" }, "State"), state(found.state),
        el("p", { class: "hint" }, `As of ${minute(found.state.as_of)}`))));
}

/** How sure something is, as a bar and as a number. */
export function sure(share) {
  const bar = el("span", { class: "bar", "aria-hidden": "true" }, el("span"));
  bar.firstChild.style.width = `${Math.round(100 * (share ?? 0))}%`;
  return el("span", { class: "sure" }, bar, percent(share));
}

function field(found) {
  const id = `from-${found.field}`;
  const button = el("button", { type: "button", class: "value", "aria-describedby": id }, found.value.value);
  // What is shown by pointing at it must be possible to put away, without moving (WCAG 1.4.13).
  const held = el("dd", {
    onkeydown: (event) => event.key === "Escape" && held.classList.add("away"),
    onfocusout: () => held.classList.remove("away"), onmouseleave: () => held.classList.remove("away"),
  },
  button,
  found.conflict && el("span", { class: "badge warn" }, "sources disagree"),
  !found.conflict && found.others.length > 0 && el("span", { class: "badge" }, count(found.others.length, "other")),
  el("div", { class: "from", role: "tooltip", id },
    el("p", {}, el("b", {}, found.value.source), ` says so${found.value.at ? `, ${minute(found.value.at)}` : ""}`),
    el("p", { class: "hint" }, `record ${found.value.record_id}`),
    found.others.length > 0 && el("p", {}, found.conflict ? "Contradicted by" : "Also said"),
    found.others.length > 0 && el("ul", {}, found.others.slice(0, 6).map((other) =>
      el("li", {}, el("span", { class: "value" }, other.value),
        el("span", { class: "hint" }, ` ${other.source}${other.at ? `, ${day(other.at)}` : ""}`)))),
    found.others.length > 6 && el("p", { class: "hint" }, `and ${found.others.length - 6} more`)));
  return el("div", {}, el("dt", {}, words(found.field)), held);
}

/** Each channel, whether it is open, and why not; under it what was said of each address. */
function reach(found) {
  return el("ul", { class: "reach" }, Object.entries(CHANNELS).map(([channel, word]) => {
    const open = found.state[channel] === "yes";
    return el("li", {},
      el("span", { class: open ? "yes" : "no" }, open ? "✓ yes" : "✕ no"),
      el("span", {}, el("b", {}, word), !open && `: ${found.state[channel]}`,
        found.permissions.filter((one) => one.channel === channel).map((one) => el("span", { class: "hint block" },
          el("span", { class: "value" }, one.value), ` ${one.why_not ? "✕" : "✓"} ${because(one)}`,
          one.conflict && el("span", { class: "badge warn" }, "sources disagree")))));
  }));
}

function because(one) {
  if (one.why_not === "not sure enough") return `the customer is only ${percent(one.confidence)} sure to have this address`;
  const when = (state) => (one.at && one.state === state ? ` (${day(one.at)})` : "");
  const says = (sources, state, word) =>
    sources.length && `${listed(sources)} ${sources.length > 1 ? "say" : "says"} ${word}${when(state)}`;
  const said = [says(one.said_out, "out", "no"), says(one.said_in, "in", "yes")].filter(Boolean);
  if (one.why_not === "conflict" && !one.said_out.length) said.push("another address of the customer opted out");
  return said.join("; ") || one.why_not || "";
}

function state(now) {
  const ago = (days) => (days ? `${count(days, "day")} before` : "that day");
  const order = now.last_order_at && [now.last_order, money(now.last_order_value, now.last_order_currency),
    `${day(now.last_order_at)} (${ago(now.days_since_order)})`].filter(Boolean).join(", ");
  const cart = now.cart_at ? [listed(now.cart_items ?? [], 4), money(now.cart_value, now.cart_currency),
    `${now.cart_kind === "begin_checkout" ? "checkout begun" : "last put in"} ${day(now.cart_at)}`,
    `${percent(now.cart_confidence)} sure`].filter(Boolean).join("; ") : "none";
  const stage = now.stage === now.buyer ? "" : `; ${now.stage}`;
  return facts([
    ["buyer", `${now.buyer}${now.purchases ? `, ${count(now.purchases, "purchase")}` : ""}${stage}`],
    ["last order", order],
    ["last active", now.last_active_at && `${day(now.last_active_at)} (${ago(now.days_since_active)})`],
    ["open cart", cart],
    ["interest", now.interest && `${now.interest} (${percent(now.interest_share)})`],
    ["language", now.language],
    ["support", now.conversation_at
      && [day(now.conversation_at), now.conversation_subject, now.conversation_status].filter(Boolean).join(", ")],
  ]);
}
