/** Questions to the API that everybody else asks, too. A key, where one is needed, stays in this tab's session. */

import { alarm, el, fill } from "./dom.js";

const KEY = "clew-key";

/** What the API says went wrong. `kind` is stable; `message` is a sentence; `now` is what an ended id has become. */
export class Problem extends Error {
  constructor(status, told) {
    super(told.detail ?? "The server can't be understood.");
    this.status = status;
    this.kind = (told.type ?? "").replace("urn:clew:", "");
    this.now = told.now ?? [];
    this.scope = told.scope ?? null;
  }
}

/** Whether an id of a record is what a masked answer has in its place: nothing can be asked by it. */
export const standIn = (id) => /(^|:)~[0-9a-f]{12}$/.test(id);

/** What those are told who ask by one. */
export const STAND_INS = "This key doesn't show which records these are";
export const UNDECIDABLE = `${STAND_INS}: decisions on them need the scopes decide and read-personal.`;

/** Whether a value is masked: of two that are, nothing says whether they are the same. */
export const masked = (value) => value.includes("•••");

/** Whether a key is kept in this tab. */
export const hasKey = () => sessionStorage.getItem(KEY) !== null;

/** Forget the key. */
export const forgetKey = () => sessionStorage.removeItem(KEY);

/** GET an answer. */
export function get(path, params = {}) {
  const known = Object.entries(params).filter(([, value]) => value !== null && value !== undefined);
  const query = new URLSearchParams(known).toString();
  return send(query ? `${path}?${query}` : path, {});
}

/** POST something. `once`: a name under which it is done once, however often it is sent. */
export function post(path, body, once = null) {
  const headers = { "Content-Type": "application/json", ...(once ? { "Idempotency-Key": once } : {}) };
  return send(path, { method: "POST", body: JSON.stringify(body), headers });
}

async function send(path, options, refused = null) {
  const key = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(key ? { "X-API-Key": key } : {}) };
  let answer;
  try {
    answer = await fetch(`v1/${path}`, { ...options, headers, credentials: "omit" });
  } catch {
    throw new Problem(0, { detail: "The server can't be reached. Is `clew serve` running?" });
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  const problem = new Problem(answer.status, told);
  if (answer.status !== 401) throw problem;
  await askForKey(refused === null && !key ? "" : problem.message);
  return send(path, options, problem);
}

let asking = null;

/** Ask for a key, once for all questions that wait. It is kept for this tab until that is closed. */
function askForKey(said) {
  asking ??= new Promise((resolve, reject) => {
    const field = el("input", { id: "key", type: "password", autocomplete: "off", pattern: "[!-~]+", required: true });
    const dialog = el("dialog", { "aria-labelledby": "key-title" });
    const done = (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEY, field.value.trim());
      dialog.close("given");
    };
    fill(dialog, el("form", { onsubmit: done },
      el("h2", { id: "key-title" }, "This needs a key"),
      el("p", {}, "It stays in this tab and is forgotten when you close it. ", el("code", {}, "clew keys create"), " makes one."),
      said && alarm(said),
      el("label", { for: "key" }, "Key"), field,
      el("div", { class: "row" },
        el("button", { class: "main" }, "Use this key"),
        el("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      asking = null;
      if (dialog.returnValue === "given") resolve();
      else reject(new Problem(401, { type: "urn:clew:not-authorised", detail: "This needs a key." }));
    });
    document.body.append(dialog);
    dialog.showModal();
  });
  return asking;
}
