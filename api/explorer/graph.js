/** The graph of a customer: drawn, told in tables beside it, and asked for the path between two of its nodes. */

import { STAND_INS, get, standIn } from "./api.js";
import { sure } from "./card.js";
import { el, fill, some, table } from "./dom.js";
import { draw } from "./drawing.js";
import { inWords, key, pair, short, waterfall } from "./evidence.js";
import { bits, count, words } from "./words.js";

/**
 * The graph as `/v1/customers/ID/graph` tells it. `hangs` is the match that nothing stronger could stand in for, the
 * weakest of its kind; `decide` is called with what somebody wants to decide on.
 */
export function graph(told, { hangs, say, decide }) {
  const found = { ...told, edges: told.edges.map((edge) => ({ ...edge, weakest: Boolean(hangs && edge.match && key(edge.match) === key(hangs)) })) };
  const names = Object.fromEntries(found.nodes.filter((node) => node.kind === "record").map((node) => [node.id, node.label]));
  const labels = new Map(found.nodes.map((node) => [node.id, node.kind === "record" ? node.id : node.label]));
  const canvas = el("div", { id: "canvas", "aria-hidden": "true" });
  const hint = el("p", { class: "hint" }, "Choose an edge to see why two records are one person; choose two nodes for the path between them.");
  const panel = el("section", { class: "panel", tabindex: "-1", "aria-label": "What is chosen" }, hint);
  const ends = ["from", "to"].map((name) => el("select", { id: `path-${name}` },
    el("option", { value: "" }, "choose…"),
    found.nodes.map((node) => el("option", { value: node.id }, node.kind === "record" ? `${node.id}, ${node.label}` : `${words(node.type)}: ${node.label}`))));
  let drawn = null, turn = 0;

  /** Show what was chosen last: a path that was asked for before, and comes late, is passed over. */
  function tell(...told) {
    turn += 1;
    fill(panel, ...told);
  }

  function explain(match, weakest) {
    drawn.choose(match);
    tell(
      el("h3", {}, "Why these are one person"), pair(match.record_a, match.record_b, names),
      el("p", {}, short(match), weakest && el("span", { class: "badge warn" }, "⚠ weakest hop: nothing stronger joins its two sides")),
      waterfall(match),
      el("button", { type: "button", onclick: () => decide({ kind: "different", a: match.record_a, b: match.record_b }) },
        "They are two people…"));
    panel.focus();
  }

  function describe(node) {
    tell(
      el("h3", {}, node.label),
      el("p", {}, node.kind === "record" ? `record of ${node.type}` : words(node.type), node.anchor && ", the anchor",
        node.kind === "record" && el("span", { class: "hint block" }, node.id)),
      node.confidence === null
        ? el("p", { class: "hint" }, "It is no proof of who somebody is: shared, weak, or of a kind that never links.")
        : el("p", {}, "This customer's: ", sure(node.confidence)),
      el("div", { class: "row" },
        el("button", { type: "button", onclick: () => set(0, node.id) }, "Path from here"),
        el("button", { type: "button", onclick: () => set(1, node.id) }, "Path to here"),
        node.kind === "identifier"
          && el("button", { type: "button", class: "quiet", onclick: () => decide({ kind: "block", a: value(node.id) }) }, "Never link by it…")));
  }

  function set(end, id) {
    ends[end].value = id;
    find();
  }

  async function find() {
    const [a, b] = ends.map((end) => end.value);
    drawn.mark(null);
    const mine = ++turn;
    if (!a || !b) return;
    const [between, said] = await path(a, b);
    if (mine !== turn) return;
    drawn.choose(null);
    if (between?.path) drawn.mark(between.path.records, [a, b]);
    tell(el("h3", {}, "The path between two"), said);
    panel.focus();
  }

  /** What the server says of a path, if it does, and that in words. */
  async function path(a, b) {
    if (standIn(a) || standIn(b)) {
      return [null, el("p", { class: "problem" }, `${STAND_INS}: paths need the scope read-personal.`)];
    }
    try {
      const between = await get("path", { a: value(a), b: value(b) });
      return [between, inWords(between, labels.get(a), labels.get(b))];
    } catch (problem) {
      return [null, el("p", { class: "problem" }, problem.message)];
    }
  }

  function clear() {
    ends.forEach((end) => { end.value = ""; });
    drawn.mark(null);
    drawn.choose(null);
    tell(hint);
  }

  const byHand = (edge) => (edge.match ? explain(edge.match, edge.weakest) : describe(node(edge.end)));
  const node = (id) => found.nodes.find((one) => one.id === id);
  const matches = found.edges.filter((edge) => edge.kind === "matches").sort((a, b) => a.weight - b.weight);
  const tools = el("div", { class: "tools", role: "group", "aria-label": "The drawing" },
    [["+", "Nearer", () => drawn.zoom(1.3)], ["−", "Farther", () => drawn.zoom(1 / 1.3)], ["⤢", "All of it", () => drawn.fit()]]
      .map(([sign, name, act]) => el("button", { type: "button", "aria-label": name, title: name, onclick: act }, sign)));

  const page = el("div", { class: "graph" },
    el("p", {}, `${count(found.nodes.length, "node")}, ${count(matches.length, "match", "matches")} of records`,
      found.left_out > 0 && `; ${count(found.left_out, "node")} more are left out`, ". ",
      el("span", { class: "hint" }, "The tables below say the same without the drawing.")),
    el("div", { class: "drawn" },
      el("figure", {}, canvas, tools, legend()), panel),
    el("form", { class: "between", onsubmit: (event) => { event.preventDefault(); find(); } },
      el("h2", {}, "Path between two"),
      el("label", { for: "path-from" }, "From"), ends[0], el("label", { for: "path-to" }, "to"), ends[1],
      el("button", { class: "main" }, "Show the path"),
      el("button", { type: "button", class: "quiet", onclick: clear }, "Clear")),
    el("h2", {}, "Matches, weakest first"),
    some(matches, 25, (rows) => table("Matches of records, weakest first",
      ["records", ["bits", "number"], "sure", "because", "", ""],
      rows.map((edge) => [pair(edge.start, edge.end, names), bits(edge.weight), sure(edge.probability), edge.match.rule,
        edge.weakest ? el("span", { class: "badge warn" }, "⚠ weakest") : edge.bridge && el("span", { class: "badge" }, "alone"),
        el("button", { type: "button", onclick: () => explain(edge.match, edge.weakest),
          "aria-label": `Why ${edge.start} and ${edge.end}` }, "Why")]))),
    el("h2", {}, "Records and identifiers"),
    some(found.nodes, 25, (rows) => table("Records and identifiers", ["", "kind", "sure", "path"],
      rows.map((one) => [[el("span", { class: "value" }, one.label), one.anchor && el("span", { class: "badge" }, "anchor"),
          one.kind === "record" && el("span", { class: "hint block" }, one.id)],
        one.kind === "record" ? "record" : words(one.type), sure(one.confidence),
        el("span", { class: "row" }, ["from", "to"].map((name, n) => el("button", {
          type: "button", onclick: () => set(n, one.id), "aria-label": `Path ${name} ${labels.get(one.id)}` }, name)))]))));
  return {
    page,
    /** Draw: the element has to stand in the page by now. */
    open() {
      drawn = draw(canvas, found, (one) => ("start" in one ? byHand(one) : describe(one)));
      say(`Graph of ${count(found.nodes.length, "node")}`);
      return () => {
        turn += 1;
        drawn.end();
      };
    },
  };
}

/** What is asked for where a node is meant: an identifier's value, a record's id. */
function value(id) {
  return id.startsWith("#") ? id.slice(id.indexOf(":") + 1) : id;
}

function legend() {
  return el("figcaption", {}, el("ul", { class: "legend" },
    [["record", "record"], ["anchor", "anchor: where confidence is measured from"], ["identifier", "identifier"],
      ["thick", "match: the wider, the surer"], ["dashed", "weakest hop: nothing stronger joins its two sides"], ["dotted", "holds"]]
      .map(([kind, said]) => el("li", {}, el("span", { class: `key ${kind}`, "aria-hidden": "true" }), said))));
}

