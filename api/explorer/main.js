/** Where somebody is on the page: the address names a customer and a view of it, so links and back and forward work. */

import { forgetKey, get, hasKey, post } from "./api.js";
import { card } from "./card.js";
import { decisions } from "./decisions.js";
import { alarm, dotted, el, fill } from "./dom.js";
import { graph } from "./graph.js";
import { history } from "./history.js";
import { review } from "./review.js";
import { timeline } from "./timeline.js";
import { count, day, listed } from "./words.js";

const VIEWS = { "": "Card", graph: "Graph", timeline: "Timeline", history: "History", decisions: "Decisions" };
const main = document.querySelector("#main");
const asked = document.querySelector("#asked");
let turn = 0;
let leave = () => {};
let begun = {};
let known = null;

const say = (text) => fill(document.querySelector("#said"), text);
const link = (id, view = "") => `#${encodeURIComponent(id)}${view && `/${view}`}`;

/** Show what the address names. */
async function show() {
  const mine = ++turn;
  leave();
  leave = () => {};
  const [id, view = ""] = location.hash.slice(1).split("/").map(decoded);
  document.title = id ? `${id === "review" ? "Review" : id} · Clew` : "Clew";
  document.querySelector("#forget").hidden = !hasKey();
  if (!id) return start();
  main.setAttribute("aria-busy", "true");
  if (!main.firstChild) fill(main, el("p", { class: "hint" }, "Reading…"));
  try {
    const parts = id === "review"
      ? [await review((end) => { if (mine === turn) leave = end; else end(); })]
      : await customer(id, Object.hasOwn(VIEWS, view) ? view : "", (end) => { leave = end; });
    if (mine !== turn) return;
    fill(main, parts);
    main.querySelector("h1")?.focus({ preventScroll: true });
    // On a phone the views don't fit beside each other.
    main.querySelector(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    parts.forEach((part) => part?.dispatchEvent(new Event("shown")));
  } catch (problem) {
    if (mine !== turn) return;
    fail(id, problem);
    main.querySelector("h1").focus({ preventScroll: true });
  } finally {
    if (mine === turn) main.removeAttribute("aria-busy");
    document.querySelector("#forget").hidden = !hasKey();
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function customer(id, view, end) {
  const address = `customers/${encodeURIComponent(id)}`;
  if (view === "history") {
    const [found, now] = await Promise.all([get(`${address}/history`), about(id).catch(() => null)]);
    return [...head(id, now, view), history(found)];
  }
  const now = await about(id);
  const parts = head(id, now, view);
  if (view === "timeline") return [...parts, timeline(id)];
  if (view === "decisions") {
    const made = decisions(id, begun);
    begun = {};
    return [...parts, made];
  }
  if (view === "graph") {
    const drawn = graph(await get(`${address}/graph`, { limit: 2000 }), {
      hangs: now.hangs_on, say, decide: (what) => { begun = what; location.hash = link(id, "decisions"); },
    });
    drawn.page.addEventListener("shown", () => end(drawn.open()), { once: true });
    return [...parts, drawn.page];
  }
  return [...parts, card(now)];
}

/** A customer's card, read once for all views of it. */
async function about(id) {
  if (known?.customer_id !== id || known.at < Date.now() - 10_000) {
    known = { ...(await get(`customers/${encodeURIComponent(id)}`)), at: Date.now() };
  }
  return known;
}

function head(id, now, view) {
  return [
    el("div", { class: "head" },
      el("h1", { tabindex: "-1" }, now?.name ?? id),
      now && el("p", { class: "hint" }, dotted([el("code", {}, id), now.place, count(now.records, "record"),
        `of ${listed(now.sources, 3)}`, now.first_seen && `seen ${day(now.first_seen)} to ${day(now.last_seen)}`]))),
    el("nav", { class: "views", "aria-label": "Views of this customer" }, Object.entries(VIEWS).map(([name, title]) =>
      el("a", { href: link(id, name), "aria-current": name === view ? "page" : null }, title))),
  ];
}

function start() {
  fill(main, el("div", { class: "start" },
    el("h1", { tabindex: "-1" }, "Who is this customer, and why do you say so?"),
    el("p", {}, "Ask by an e-mail, a phone number in any format, an account, an order or a customer id, or by half a name and a place."),
    el("p", {}, "Or look at ", el("a", { href: "#review" }, "the matches that most need a look"), ".")));
  asked.focus();
}

function fail(id, problem) {
  if (!("kind" in problem)) throw problem;
  fill(main, el("div", { class: "start" },
    el("h1", { tabindex: "-1" }, problem.kind === "retired" ? `${id} has ended` : "No answer"),
    alarm(problem.message),
    problem.now.length > 0 && el("ul", {}, problem.now.map((now) => el("li", {}, el("a", { href: link(now) }, now)))),
    problem.kind === "retired" && el("p", {}, el("a", { href: link(id, "history") }, "What happened to it")),
    [0, 401, 429].includes(problem.status) || problem.status >= 500 ? el("button", { type: "button", onclick: show }, "Try again") : null));
}

async function find(event) {
  event.preventDefault();
  const mine = ++turn, text = asked.value.trim();
  if (!text) return;
  try {
    const found = await post("whois", { q: [text] });
    if (mine !== turn) return;
    if (found.customer) return go(found.customer.customer_id);
    choose(`${count(found.several.length + found.more, "customer")} answer to this`, found.several, found.more);
  } catch (problem) {
    if (mine !== turn) return;
    if (problem.kind === "retired" && problem.now.length === 1) return go(problem.now[0]);
    if (problem.kind === "unknown") return search(text, mine, problem);
    fail(text, problem);
  }
}

/** Nobody has this as an identifier: whoever answers to its words, to choose from. */
async function search(text, mine, unknown) {
  try {
    const { customers } = await post("search", { q: text.slice(0, 200), limit: 20 });
    if (mine !== turn) return;
    if (customers.length === 0) {
      return fail(text, { ...unknown, message: "Nobody has this as an identifier, and nobody answers to it as a name." });
    }
    choose(`${count(customers.length, "customer")} for “${text}”`, customers);
    say(`${count(customers.length, "customer")}, best first`);
  } catch (problem) {
    if (mine !== turn) return;
    fail(text, problem.scope
      ? { ...unknown, message: `Nobody has this as an identifier, and to search by name a key needs the scope ${problem.scope}.` }
      : problem);
  }
}

function go(id) {
  if (location.hash === link(id)) show();
  else location.hash = link(id);
}

/** Several customers, of whom one has to be chosen: by arrow keys, too. */
function choose(title, several, more = 0) {
  const list = el("ul", { class: "several", onkeydown: walk }, several.map((one) => el("li", {},
    el("a", { href: link(one.customer_id) }, one.name ?? one.customer_id), one.words && differences(one.words),
    el("span", { class: "hint block" }, dotted([one.customer_id, one.email, one.phone, one.place,
      one.records && count(one.records, "record")])))));
  fill(main, el("div", { class: "start" }, el("h1", { tabindex: "-1" }, title), list,
    more > 0 && el("p", { class: "hint" }, `${count(more, "customer")} more aren't listed: ask by something that fewer have.`)));
  if (several[0].words) list.querySelector("a").focus();
  else main.querySelector("h1").focus();
}

/** In what a customer isn't quite what was searched for. */
function differences(words) {
  const said = { nickname: (w) => `${w.asked} for ${w.found}`, misspelt: (w) => `${w.found}, not ${w.asked}`,
    missing: (w) => `no ${w.asked}` };
  return words.filter((word) => said[word.how]).map((word) => el("span", { class: "badge" }, said[word.how](word)));
}

/** From one link of a list to the next by the arrow keys. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const links = [...event.currentTarget.querySelectorAll("a")];
  links[Math.min(links.length - 1, Math.max(0, links.indexOf(document.activeElement) + step))].focus();
}

document.querySelector("#search").addEventListener("submit", find);
document.querySelector("#skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
document.querySelector("#forget").addEventListener("click", () => {
  forgetKey();
  known = null;
  if (location.hash) location.hash = "";
  else show();
});
addEventListener("hashchange", show);
show();
