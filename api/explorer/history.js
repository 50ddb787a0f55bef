/** What became of a customer in sentences, and who it was at an earlier time. */

import { get } from "./api.js";
import { el, facts, fill, table } from "./dom.js";
import { count, listed, minute } from "./words.js";

const ERASED = "an erased record";
const records = (found) => listed(found.map((record) => record ?? ERASED));

/** The history as `/v1/customers/ID/history` tells it, with a slider over the times at which the answer changed. */
export function history(found) {
  const place = el("div", { class: "was", "aria-live": "polite" });
  return el("div", {},
    found.entries.length > 0 && [el("h2", {}, "As of"), slider(found, place), place],
    el("h2", {}, "What happened"),
    found.leads_to.length > 0 && el("p", { class: "note" }, found.leads_to.at(-1)
      ? ["This id has ended; it is now ", el("a", { href: `#${encodeURIComponent(found.leads_to.at(-1))}` }, found.leads_to.at(-1)), "."]
      : "This id has ended: its records have left all sources, or were erased."),
    el("ol", { class: "entries" }, found.entries.map((entry) => el("li", {},
      el("p", {}, el("time", { datetime: entry.at }, minute(entry.at)), ` ${sentence(found, entry)}`),
      pairs(entry).length > 0 && el("p", { class: "hint" }, `because ${because(entry)}`),
      entry.reason && el("p", {}, `“${entry.reason}”`),
      el("p", { class: "hint" }, `entry ${entry.seq}${entry.run_id ? `, run ${entry.run_id}` : ""}, by ${entry.actor}`)))));
}

function slider(found, place) {
  // A decision changes nothing before the run that goes by it.
  const stops = [...new Set(found.entries.filter((entry) => entry.run_id).map((entry) => entry.at))].sort();
  const now = stops.length;
  const said = el("output", { for: "as-of" }, "now");
  const field = el("input", { id: "as-of", type: "range", min: 0, max: now, step: 1, value: now, list: "stops", "aria-valuetext": "now" });
  let turn = 0;
  field.addEventListener("input", () => {
    const at = stops[field.valueAsNumber];
    fill(said, at ? minute(at) : "now");
    field.setAttribute("aria-valuetext", at ? minute(at) : "now");
  });
  field.addEventListener("change", async () => {
    const mine = ++turn, at = stops[field.valueAsNumber];
    fill(place, at && el("p", { class: "hint" }, "Reading…"));
    if (!at) return;
    try {
      // The entries of one run bear its beginning, and its answer stands from the end on.
      const was = await get(`customers/${encodeURIComponent(found.customer_id)}`, { as_of: published(found, at) });
      if (mine === turn) fill(place, then(was, at));
    } catch (problem) {
      if (mine === turn) fill(place, el("p", { class: "problem" }, problem.message));
    }
  });
  return el("div", { class: "slider" },
    el("label", { for: "as-of" }, "Earlier"), field, el("datalist", { id: "stops" }, stops.map((_, n) => el("option", { value: n }))),
    el("span", {}, "Now"), said);
}

function published(found, at) {
  const next = found.entries.filter((entry) => entry.run_id && entry.at > at).map((entry) => entry.at).sort()[0];
  // A moment before the next change: then what came of this one stood.
  return next ? new Date(new Date(next).getTime() - 1).toISOString() : new Date().toISOString();
}

function then(was, at) {
  if (!was.customer_id) return el("p", {}, `It was ${count(was.several.length, "customer")} then: ${listed(was.several)}.`);
  const values = was.values ?? {};
  return [
    el("p", {}, `After the run of ${minute(at)} it was `, el("b", {}, values.name ?? was.customer_id),
      `, ${count(was.records.length, "record")}${was.values ? "" : " (names of then are no longer kept)"}.`),
    facts([["id", was.customer_id], ["e-mail", values.email], ["phone", values.phone], ["place", values.place]]),
    table("Records then", ["record", ["since", "date"]], was.records.map((held) => [held.record_id ?? ERASED, minute(held.since)])),
  ];
}

function because(entry) {
  const told = pairs(entry), more = told.length - 3 + entry.more_matches;
  const rest = entry.matches.length > 0 ? count(more, "more match", "more matches") : count(more, "more pair");
  return told.slice(0, 3).join("; ") + (more > 0 ? `; and ${rest}` : "");
}

/** What an entry's cause says of pairs of records: what joined them, or what parted them. */
function pairs(entry) {
  const told = (found, words) => found.map(([a, b, said]) => `${a ?? ERASED} and ${b ?? ERASED} ${words(said)}`);
  return [
    ...told(entry.matches, (rule) => `${rule.startsWith("decided by ") ? "are one person," : "match by"} ${rule}`),
    ...told(entry.refusals, (refusal) => `are apart: ${refusal}`),
    ...told(entry.ended, (rule) => `are no longer held together by: ${rule}`),
  ];
}

/** What an entry of the ledger says, seen from one customer. */
function sentence(found, entry) {
  const it = found.customer_id, mine = entry.target === it, other = mine ? entry.origin : entry.target;
  const held = `${count(entry.records.length, "record")}: ${records(entry.records)}`;
  const [one, of] = mine ? [it, other] : [other, it];
  const value = found.values[entry.mark] ?? [entry.type ?? "", "a value"];
  switch (entry.kind) {
    case "created": return `${it} was created, of ${held}`;
    case "split": return `${one} was split off from ${of}, with ${held}`;
    case "restored": return `${one} came back${of ? ` out of ${of}` : ""}, with ${held}`;
    case "joined": return `${it} got ${held}`;
    case "moved": return mine ? `${it} got from ${other} ${held}` : `${it} gave ${other} ${held}`;
    case "merged": return `${of} was merged into ${one}, with ${held}`;
    case "left": return `${it} lost ${held} (in no source any more)`;
    case "retired": return `${it} ended, as no source has its records any more (${held})`;
    case "erased": return `${it} was erased, with ${count(entry.records.length, "record")}`;
    case "asserted": return `decided: ${sides(entry)} are one person`;
    case "refused": return `decided: ${sides(entry)} are two people`;
    case "blocked": return `decided: ${value[0]} ${value[1]} never links`;
    default: return `decision ${entry.undoes} was taken back`;
  }
}

function sides(entry) {
  return `${records(entry.records.slice(0, entry.left))} and ${records(entry.records.slice(entry.left))}`;
}
