/** The pairs of records that most need a look, one at a time, by keys: same, different, or unsure. */

import { UNDECIDABLE, get, masked, post, standIn } from "./api.js";
import { alarm, el, fill, table } from "./dom.js";
import { bits, count, money, percent, words } from "./words.js";

const NEUTRAL = new Set(["kind", "seen"]);

/** How many pairs are asked for at once, and at most. */
const PAIRS = 20, MOST = 100;

/** The queue. `end` is called with what takes its keys away again. */
export async function review(end) {
  // Those that somebody was unsure about wait still, and are first again.
  const unsure = new Set();
  let found, left;
  await load();
  const place = el("div", { tabindex: "-1" });
  const said = el("div", { role: "status" });
  const answers = el("div", { class: "row" },
    [["s", "Same person", () => judge("same")], ["d", "Different people", () => judge("different")], ["u", "Unsure", pass]]
      .map(([key, name, act]) => el("button", { type: "button", "aria-keyshortcuts": key, onclick: act }, name, " ", el("kbd", {}, key))));
  let here = 0, busy = false;

  function show() {
    const pair = found.pairs[here];
    answers.hidden = !pair;
    if (!pair) {
      const most = unsure.size >= MOST;
      fill(place, el("p", {}, left > 0
        ? most ? `You were unsure about ${MOST} pairs: somebody else should decide on these before there are more.`
          : "That was all of these. The next run goes by what you decided."
        : unsure.size ? "Only those are left that you were unsure about."
          : "Nothing is left to look at: every doubt of this run was decided or labelled."),
      left > 0 && !most && el("button", { type: "button", onclick: more }, "Show more"));
      return;
    }
    const { doubt } = pair;
    const rows = pair.fields.map((field) => [words(field.name), field.a.join("; "), sign(field), field.b.join("; ")]);
    rows.push(...[["customer", (side) => el("a", { href: `#${encodeURIComponent(side.customer_id)}` }, side.customer_id)],
      ["records", (side) => side.records], ["revenue", (side) => money(side.revenue)]]
      .map(([name, of]) => [name, of(doubt.a), "", of(doubt.b)]));
    fill(place,
      el("p", { class: "hint" }, `${here + 1} of ${found.pairs.length}; ${count(found.waiting, "doubtful pair")} in all`),
      el("h2", {}, doubt.kind === "refused" ? `Two customers now: refused, ${doubt.why}` : `One customer now, held together by ${doubt.why} alone`),
      el("p", {}, `${bits(doubt.weight)} bits, ${percent(doubt.probability)} sure by score.`),
      el("div", { class: "beside" }, table("The two records side by side", ["", pair.record_a, "", pair.record_b], rows)));
  }

  function next(message = "") {
    here += 1;
    fill(said, message && el("p", { class: "note" }, message));
    show();
    place.focus({ preventScroll: true });
    place.firstChild.scrollIntoView({ block: "nearest" });
  }

  function pass() {
    if (busy) return;
    unsure.add(called(found.pairs[here]));
    next();
  }

  async function load() {
    const asked = await get("review", { limit: Math.min(MOST, PAIRS + unsure.size) });
    left = asked.waiting - asked.pairs.length;
    found = { ...asked, pairs: asked.pairs.filter((pair) => !unsure.has(called(pair))) };
  }

  /** One thing at a time; what goes wrong with it is said. */
  async function alone(act) {
    if (busy) return;
    busy = true;
    try {
      await act();
    } catch (problem) {
      fill(said, alarm(problem.message));
    }
    busy = false;
  }

  function more() {
    return alone(async () => {
      fill(said, el("p", { class: "hint" }, "Looking for more …"));
      await load();
      here = -1;
      next();
    });
  }

  function judge(kind) {
    return alone(async () => {
      const { record_a: a, record_b: b } = found.pairs[here];
      if (standIn(a)) {
        fill(said, alarm(UNDECIDABLE));
        return;
      }
      const made = await post("decisions", { kind, a, b, reason: "reviewed" }, crypto.randomUUID?.());
      next(`Entry ${made.entry}: ${a} and ${b} are ${kind === "same" ? "one person" : "two people"}.`);
    });
  }

  function press(event) {
    // A key that is held answers once, and not for the pairs that come after.
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, dialog") || !found.pairs[here]) return;
    const act = { s: () => judge("same"), d: () => judge("different"), u: pass }[event.key.toLowerCase()];
    if (act) act();
  }

  document.addEventListener("keydown", press);
  end(() => document.removeEventListener("keydown", press));
  show();
  return el("div", {}, el("h1", { tabindex: "-1" }, "Review"),
    el("p", {}, "What most needs a look, by what is at stake. An answer is a decision: the next run goes by it."), place,
    el("div", { class: "answer" }, said, answers));
}

const called = (pair) => `${pair.record_a} ${pair.record_b}`;

function sign(field) {
  if (NEUTRAL.has(field.name) || !field.a.length || !field.b.length || [...field.a, ...field.b].some(masked)) return "";
  return field.a.some((value) => field.b.includes(value)) ? "=" : "≠";
}
