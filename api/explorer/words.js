/** Numbers, times and reasons as they are shown: the same as the command line shows them. */

const MINUS = "\u2212";
const NO_BREAK = "\u00A0";

/** A probability. What rounds to 100 % without being it says so. */
export function percent(share) {
  if (share === null || share === undefined) return "";
  if (share < 1 && share >= 0.9995) return `>99.9${NO_BREAK}%`;
  return share === 1 ? `100${NO_BREAK}%` : `${(share * 100).toFixed(1)}${NO_BREAK}%`;
}

/** A match weight with its sign. */
export function bits(weight) {
  return weight === null || weight === undefined ? "" : `${weight <= -0.05 ? MINUS : "+"}${Math.abs(weight).toFixed(1)}`;
}

/** The day of a time, in UTC. */
export function day(at) {
  return at ? at.slice(0, 10) : "";
}

/** A time to the minute, in UTC. */
export function minute(at) {
  return at ? `${at.slice(0, 10)} ${at.slice(11, 16)} UTC` : "";
}

/** `1 record`, `1,204 records`. */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** Money with its currency. */
export function money(value, currency) {
  if (value === null || value === undefined) return "";
  const shown = Math.abs(value).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return `${value < 0 ? MINUS : ""}${shown} ${currency ?? ""}`.trim();
}

/** A name as it stands in tables, in words: `birth_date`, `x_tier`. */
export function words(name) {
  return name.replace(/^x_/, "").replaceAll("_", " ");
}

/** A list in words, the first `most` of it. */
export function listed(texts, most = 5) {
  const more = texts.length - most;
  return texts.slice(0, most).join(", ") + (more > 0 ? ` and ${more.toLocaleString("en")} more` : "");
}

/** What somebody may be reached by. */
export const CHANNELS = { email: "e-mail", sms: "SMS", phone: "phone", ads: "ads" };
