/** A customer's graph on a canvas: what is drawn, how it looks, and what is chosen in it. */

import { safe } from "./dom.js";
import { rings } from "./rings.js";
import { words } from "./words.js";
import cytoscape from "./vendor/cytoscape.mjs";

/** Up to so many nodes their places are worked out by forces; more are left on their rings. */
const FORCES = 120;
/** From so many nodes on, what makes moving about slow is left out. */
const MANY = 400;
const WIDEST_AT = 30;
/** Pixels of the screen that the name of the weakest hop has at least, however far away it is. */
const SMALLEST = 11;

/** Draw into an element. `chosen` is called with a node or an edge of the drawing that somebody clicked. */
export function draw(place, drawing, chosen) {
  const many = drawing.nodes.length > MANY;
  const places = rings(drawing.nodes, drawing.edges);
  const nodes = drawing.nodes.map((node) => ({
    // The names on a customer's records are all alike: what tells them apart is where they come from.
    data: { id: node.id, label: short(node.kind === "record" ? words(node.type) : node.label), of: node },
    classes: [node.kind, node.anchor && "anchor"].filter(Boolean),
    position: places.get(node.id),
  }));
  const edges = drawing.edges.map((edge, n) => ({
    data: { id: `edge ${n}`, source: edge.start, target: edge.end, width: width(edge), of: edge },
    classes: [edge.kind, edge.weakest && "weakest"].filter(Boolean),
  }));
  const graph = cytoscape({
    container: place, elements: { nodes, edges }, style: look(place), layout: { name: "preset", fit: true, padding: 30 },
    minZoom: 0.02, maxZoom: 3, textureOnViewport: many, hideEdgesOnViewport: many, pixelRatio: many ? 1 : "auto",
    boxSelectionEnabled: false,
  });
  if (!many && drawing.nodes.length <= FORCES) {
    graph.layout({
      name: "cose", randomize: false, animate: false, fit: true, padding: 30, nodeRepulsion: () => 300_000,
      idealEdgeLength: (edge) => (edge.hasClass("has") ? 40 : 100), gravity: 0.8, nodeOverlap: 40,
    }).run();
    // A drawing that is wide lies across on a screen that is high.
    const { w, h } = graph.nodes().boundingBox({ includeLabels: false });
    if (w > h !== graph.width() > graph.height()) {
      graph.nodes().positions((node) => ({ x: node.position("y"), y: node.position("x") }));
      graph.fit(undefined, 30);
    }
  }
  const legible = () => {
    graph.edges(".weakest").style("font-size", Math.max(14, SMALLEST / graph.zoom()));
  };
  graph.on("zoom", legible);
  legible();
  graph.on("tap", "node, edge", (event) => chosen(event.target.data("of")));
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const recolour = () => graph.style(look(place));
  scheme.addEventListener("change", recolour);
  graph.on("destroy", () => scheme.removeEventListener("change", recolour));
  return {
    /** Show which match is spoken of; null: none. */
    choose(match) {
      graph.elements().removeClass("chosen");
      if (match) graph.edges().filter((edge) => edge.data("of").match === match).addClass("chosen");
    },
    /** Show the path of these records and its two ends, and let the rest fade; of nothing, show all alike. */
    mark(records, ends) {
      graph.elements().removeClass("on faded end");
      if (!records) return;
      const on = graph.collection();
      records.forEach((record) => on.merge(graph.getElementById(record)));
      const hops = graph.edges(".matches").filter((edge) => records.some((record, n) =>
        n > 0 && [record, records[n - 1]].includes(edge.source().id()) && [record, records[n - 1]].includes(edge.target().id())));
      on.merge(hops);
      ends.forEach((end) => {
        const node = graph.getElementById(end).addClass("end");
        on.merge(node).merge(node.edgesWith(on.nodes(".record")));
      });
      graph.elements().addClass("faded");
      on.removeClass("faded").addClass("on");
      graph.fit(on, 60);
      if (graph.zoom() > 1.4) graph.zoom({ level: 1.4, renderedPosition: { x: graph.width() / 2, y: graph.height() / 2 } });
    },
    zoom: (by) => graph.zoom({ level: graph.zoom() * by, renderedPosition: { x: graph.width() / 2, y: graph.height() / 2 } }),
    fit: () => graph.fit(undefined, 30),
    end: () => graph.destroy(),
  };
}

/** An edge is the wider the surer: by bits, since probabilities are all nearly 1. */
function width(edge) {
  return edge.kind === "has" ? 1 : 1.5 + (7 * Math.min(Math.max(edge.weight, 0), WIDEST_AT)) / WIDEST_AT;
}

function short(label) {
  const text = safe(label);
  return text.length > 26 ? `${text.slice(0, 25)}…` : text;
}

function look(place) {
  const of = getComputedStyle(place);
  const colour = (name) => of.getPropertyValue(`--${name}`).trim();
  return [
    // What ties all of it together isn't hidden by the name of a node beside it.
    { selector: "node, edge", style: { "z-index-compare": "manual", "z-index": 0 } },
    { selector: "node", style: {
      "z-index": 1, label: "data(label)", color: colour("ink"), "font-size": 12, "font-family": of.fontFamily, width: 16, height: 16,
      "text-valign": "bottom", "text-margin-y": 4, "min-zoomed-font-size": 8, "text-background-color": colour("ground"),
      "text-background-opacity": 0.8, "border-width": 2, "text-background-padding": 1,
    } },
    { selector: ".record", style: {
      shape: "round-rectangle", width: 26, height: 20, "background-color": colour("accent"), "border-color": colour("accent"),
    } },
    { selector: ".identifier", style: {
      shape: "ellipse", "background-color": colour("ground"), "border-color": colour("quiet"), color: colour("quiet"),
    } },
    { selector: ".anchor", style: {
      "border-style": "double", "border-width": 7, width: 36, height: 30, "background-color": colour("ground"), "font-weight": "bold",
    } },
    { selector: "edge", style: { "curve-style": "haystack", "haystack-radius": 0, width: "data(width)" } },
    { selector: ".matches", style: { "line-color": colour("accent"), "line-opacity": 0.4 } },
    { selector: ".has", style: { "line-color": colour("line"), "line-style": "dotted", width: 1.5 } },
    { selector: ".weakest", style: {
      "curve-style": "straight", "line-color": colour("warn"), "line-style": "dashed", "line-opacity": 1, label: "weakest",
      color: colour("warn"), "font-size": 14, "font-weight": "bold", "font-family": of.fontFamily, "text-background-color": colour("ground"),
      "text-background-opacity": 0.9, "text-background-padding": 2, "z-index": 2,
    } },
    { selector: ".chosen", style: { "overlay-color": colour("warn"), "overlay-opacity": 0.3, "overlay-padding": 4 } },
    { selector: ".faded", style: { opacity: 0.15 } },
    { selector: "edge.on", style: { "line-opacity": 1 } },
    { selector: ".end", style: { "border-color": colour("warn"), "border-width": 4 } },
    { selector: ":active", style: { "overlay-opacity": 0.1 } },
  ];
}
