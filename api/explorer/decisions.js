/** What people decide of a customer: one person, two, or a value that never links; and what was decided. */

import { UNDECIDABLE, get, post, standIn } from "./api.js";
import { alarm, el, fill } from "./dom.js";
import { listed, minute } from "./words.js";

const KINDS = { same: "are one person", different: "are two people", block: "never links" };

/** The decisions of a customer with a form for another; `begun` is what was chosen elsewhere on the page. */
export function decisions(id, begun = {}) {
  const list = el("ul", { class: "entries" });
  const said = el("div", { role: "status" });
  const kind = el("select", { id: "kind" }, [
    ["different", "two people"], ["same", "one person"], ["block", "a value that never links"],
  ].map(([value, word]) => el("option", { value, selected: begun.kind === value }, word)));
  const ends = ["a", "b"].map((name) => el("input", {
    id: `end-${name}`, value: begun[name] ?? (name === "b" && begun.kind ? "" : name === "a" ? id : ""), maxlength: 500,
    autocomplete: "off", spellcheck: "false", required: true,
  }));
  const reason = el("input", { id: "reason", maxlength: 1000, autocomplete: "off", placeholder: "why you say so" });
  const other = el("div", {}, el("label", { for: "end-b" }, "and"), ends[1]);
  const choose = () => {
    other.hidden = kind.value === "block";
    ends[1].required = !other.hidden;
  };
  kind.addEventListener("change", choose);
  choose();

  async function submit(event) {
    event.preventDefault();
    if (ends.some((end) => standIn(end.value))) {
      fill(said, alarm(UNDECIDABLE));
      return;
    }
    const body = { kind: kind.value, a: ends[0].value, b: other.hidden ? null : ends[1].value, reason: reason.value || null };
    await act("decisions", body, (made) => `Entry ${made.entry}: it is decided. The next run goes by it.`);
  }

  async function act(path, body, told) {
    try {
      const made = await post(path, body, crypto.randomUUID?.());
      fill(said, el("p", { class: "note" }, told(made)));
      await read();
    } catch (problem) {
      fill(said, alarm(problem.message));
    }
  }

  async function read() {
    try {
      const found = (await get("decisions")).decisions.filter((one) => one.customers.includes(id));
      fill(list, found.length ? found.map(line) : el("li", {}, "None that concerns this customer."));
    } catch (problem) {
      fill(list, el("li", { class: "problem" }, problem.message));
    }
  }

  function line(one) {
    const about = one.kind === "block" ? `${one.type} ${one.value ?? "(not shown)"}` : `${listed(one.left, 3)} and ${listed(one.right, 3)}`;
    return el("li", {},
      el("p", {}, `${about} `, el("b", {}, KINDS[one.kind] ?? one.kind), one.waits && el("span", { class: "badge" }, "waits for the next run"), one.idle && el("span", { class: "badge" }, "no source holds one of the two")),
      one.reason && el("p", {}, `“${one.reason}”`),
      el("p", { class: "hint" }, `entry ${one.entry}, ${minute(one.at)}, by ${one.actor}`),
      el("button", {
        type: "button", class: "quiet", "aria-label": `Undo entry ${one.entry}`,
        onclick: () => act(`decisions/${one.entry}/undo`, { reason: reason.value || null }, () => `Entry ${one.entry} is taken back, from the next run on.`),
      }, "Undo"));
  }

  read();
  return el("div", {},
    el("p", {}, "A decision wins over any score in every run from the next one on, until it is undone. It is kept with your name and reason."),
    el("form", { class: "decide", onsubmit: submit },
      el("div", {}, el("label", { for: "kind" }, "They are"), kind),
      el("div", {}, el("label", { for: "end-a" }, "Record, identifier or customer"), ends[0]), other,
      el("div", {}, el("label", { for: "reason" }, "Reason"), reason),
      el("button", { class: "main" }, "Decide")),
    said, el("h2", {}, "What was decided"), list);
}
