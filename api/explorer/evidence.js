/** Matches in words: what each is worth and why, and the path between two ends. */

import { el, table } from "./dom.js";
import { bits, count, percent, words } from "./words.js";

const NOTICEABLE = 0.05;
const BEFORE = "before comparing: few pairs of records are one person";

/** [bits, words] of a match: what two records at random begin with, then each piece of evidence, strongest first. */
export function steps(match) {
  const told = [...match.reasons].sort((a, b) => (b.weight ?? 0) - (a.weight ?? 0)).map((reason) => {
    const where = reason.record_a ? ` (${reason.record_a} and ${reason.record_b})` : "";
    return [reason.weight ?? 0, `${words(reason.comparison)}${reason.level ? `: ${reason.level}` : ""}${where}`];
  });
  const before = match.weight - told.reduce((sum, [weight]) => sum + weight, 0);
  return told.length && Math.abs(before) >= NOTICEABLE ? [[before, BEFORE], ...told] : told;
}

/** A match comparison by comparison: each bar goes on where the one before it ended, the last is the total. */
export function waterfall(match) {
  const totals = [0];
  const found = steps(match);
  for (const [weight] of found) totals.push(totals.at(-1) + weight);
  const low = Math.min(...totals), high = Math.max(...totals, match.weight);
  const at = (total) => (100 * (total - low)) / (high - low || 1);
  const drawn = (from, to, kind) => {
    const bar = el("span", { class: `step ${kind}` });
    bar.style.left = `${at(Math.min(from, to))}%`;
    bar.style.width = `${Math.max(1, Math.abs(at(to) - at(from)))}%`;
    return el("span", { class: "steps", "aria-hidden": "true" }, bar);
  };
  const rows = found.map(([weight, said], n) => [
    [said, drawn(totals[n], totals[n + 1], weight < 0 ? "against" : "for")], bits(weight),
  ]);
  rows.push([[el("b", {}, "in all"), drawn(0, match.weight, "total")], el("b", {}, bits(match.weight))]);
  return el("div", { class: "waterfall" }, table("What each comparison is worth, in bits",
    ["comparison", ["bits", "number"]], rows));
}

/** What a match says in one line. */
export function short(match) {
  return `${bits(match.weight)} bits, ${percent(match.probability)} sure${match.rule ? `; ${match.stage}: ${match.rule}` : ""}`;
}

/** The two records of a match, with the names on them. */
export function pair(a, b, names) {
  const end = (record) => [el("span", { class: "value" }, names[record] ?? ""), " ", el("span", { class: "hint" }, record)];
  return el("ul", { class: "ends" }, el("li", {}, end(a)), el("li", {}, end(b)));
}

/** The path between two ends in words, hop by hop; each opens its waterfall. */
export function inWords(found, a, b) {
  if (!found.path) {
    return [el("p", {}, `Nothing joins ${a} and ${b}: they are two customers.`),
      found.refusals.map((one) => el("p", {}, `Refused: ${one.refusal} (${short(one.match)})`))];
  }
  const { records, hops, probability, weakest } = found.path;
  if (!hops.length) return el("p", {}, `${a} and ${b} stand on one record, ${records[0]}: there is nothing to doubt.`);
  const bridges = new Set(found.bridges.map(key));
  const line = (hop, n) => el("li", { class: weakest && key(hop) === key(weakest) ? "weakest" : null },
    el("details", {},
      el("summary", {}, `${found.names[records[n]] ?? ""} (${records[n]}) and ${found.names[records[n + 1]] ?? ""} `
        + `(${records[n + 1]}): ${hop.rule || hop.stage}, ${percent(hop.probability)} sure`,
      weakest && key(hop) === key(weakest) && el("span", { class: "badge warn" }, "⚠ weakest hop"),
      bridges.has(key(hop)) && el("span", { class: "badge" }, "nothing else could stand in for it")),
      waterfall(hop)));
  return [
    el("p", {}, `From ${a} to ${b} it takes ${count(hops.length, "hop")}; the path is as sure as its weakest hop, `,
      el("b", {}, percent(probability)), "."),
    el("ol", { class: "hops" }, hops.map(line)),
    found.cut && el("p", { class: "hint" },
      `${count(found.cut.matches.length, "match", "matches")} would have to go to part the two.`),
  ];
}

/** A match's own name. */
export const key = (match) => `${match.record_a}\n${match.record_b}`;
