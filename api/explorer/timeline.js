/** What happened with a customer, newest first, a page at a time. */

import { get } from "./api.js";
import { alarm, el, fill } from "./dom.js";
import { CHANNELS, money, percent, words } from "./words.js";

const PAGE = 50;
const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });
const KINDS = {
  contact: "new contact", sent: "message sent", open: "message opened", click: "message clicked", ticket: "conversation",
  begin_checkout: "checkout begun", unsubscribe: "unsubscribed", bounce: "bounced", view: "viewed", session: "visit",
  add_to_cart: "put in the cart", signup: "signed up",
};
/** Whether it was given or taken back isn't known where it is masked. */
const CONSENTS = { in: "opted in to", out: "opted out of" };
const SIGNS = { order: "●", deal: "●", purchase: "●", unsubscribe: "✕", contact: "+" };
const sign = (moment) => (moment.kind === "consent" ? { in: "✓", out: "✕" }[moment.item] : SIGNS[moment.kind]) ?? "·";

/** The timeline of a customer. */
export function timeline(id) {
  const list = el("ol", { class: "timeline" });
  const foot = el("div", {});
  let month = null;

  async function more(cursor) {
    fill(foot, el("p", { class: "hint" }, "Reading…"));
    try {
      const found = await get(`customers/${encodeURIComponent(id)}/timeline`, { limit: PAGE, cursor });
      for (const moment of found.moments) {
        const now = moment.at ? MONTH.format(new Date(moment.at)) : "at no known time";
        if (now !== month) list.append(el("li", { class: "month" }, el("h2", {}, (month = now))));
        list.append(line(moment));
      }
      const shown = list.querySelectorAll("li.moment").length;
      fill(foot, el("p", { class: "hint" }, found.total ? `${shown} of ${found.total} shown` : "Nothing has happened yet."),
        found.next && el("button", { type: "button", onclick: () => more(found.next) }, "Show earlier"));
    } catch (problem) {
      // The pages of two runs don't fit together.
      if (problem.kind === "other-run") restart();
      else fill(foot, alarm(problem.message),
        el("button", { type: "button", onclick: () => more(cursor) }, "Try again"));
    }
  }

  function restart() {
    fill(list);
    month = null;
    more(null);
  }

  restart();
  return el("div", {}, list, foot);
}

function line(moment) {
  const [what, about] = told(moment);
  return el("li", { class: "moment" },
    el("span", { class: "sign", "aria-hidden": "true" }, sign(moment)),
    el("time", { datetime: moment.at }, moment.at ? `${moment.at.slice(8, 10)}, ${moment.at.slice(11, 16)}` : "–"),
    el("span", {}, el("span", { class: SIGNS[moment.kind] === "●" ? "strong" : null }, what), about && el("span", { class: "hint" }, ` ${about}`)),
    el("span", { class: "hint tie" }, `${percent(moment.confidence)} by ${moment.because}`));
}

function told(moment) {
  const amount = moment.value === null ? "" : `, ${money(moment.value, moment.currency)}`;
  switch (moment.kind) {
    case "order":
      return [`order ${moment.name ?? ""}${amount}${moment.refunded ? `, ${money(moment.refunded)} refunded` : ""}`, moment.item];
    case "deal":
      return [`sale booked by ${moment.source}${amount}`, moment.item];
    case "consent":
      return [`${CONSENTS[moment.item] ?? "consent for"} ${CHANNELS[moment.name] ?? moment.name}${addressed(moment)}`, moment.source];
    case "contact":
      return [KINDS.contact, moment.source];
    case "unsubscribe":
    case "bounce":
      return [`${KINDS[moment.kind]}${addressed(moment)}`, moment.item];
    default:
      return [`${KINDS[moment.kind] ?? words(moment.kind)}${amount}`, moment.item];
  }
}

const addressed = (moment) => (moment.addresses.length ? ` for ${moment.addresses.join(", ")}` : "");
