// What if: the answer along one field, everything else held, from one batch request.
import { ask, fill } from "./page.js";
import { element } from "./snippets.js";

const POINTS = 41;
const MOST = 30;
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [340, 190, 44, 8, 22, 26];
const DAY = 86_400_000;
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** Add the choice of a field, and the drawing, in front of the request. */
export function explore(main, request, instance, texts, chosen, remember) {
  const fields = [...main.querySelectorAll(".field")].filter((field) => valuesOf(field, instance).length > 1);
  if (!fields.length) return;
  const section = element("section", { id: "what-if", "aria-labelledby": "what-if-heading" });
  const select = element("select", { id: "what-if-field" });
  for (const field of fields) select.append(element("option", { value: field.dataset.pointer }, field.dataset.title));
  const first = main.querySelector("table.signed th")?.textContent;
  const preferred = fields.find((field) => field.dataset.pointer === chosen);
  select.value = (preferred ?? fields.find((field) => field.dataset.title === first) ?? fields[0]).dataset.pointer;
  const place = element("div", { "aria-live": "polite" });
  section.append(
    element("h3", { id: "what-if-heading" }, texts.what_if),
    element("label", { for: "what-if-field", class: "hidden" }, texts.what_if_field),
    select,
    place,
    element("p", { class: "faint", id: "what-if-hint" }, texts.what_if_hint),
  );
  request.before(section);
  const show = async () => {
    const field = fields.find((one) => one.dataset.pointer === select.value);
    remember(select.value);
    const cut = optionsOf(field).length > MOST ? ` ${fill(texts.what_if_cut, { shown: MOST })}` : "";
    section.querySelector("#what-if-hint").textContent = texts.what_if_hint + cut;
    place.replaceChildren(await drawn(field, instance, main.querySelector("#answer output").textContent, texts));
  };
  select.addEventListener("change", show);
  show();
}

/** The values along which a field is varied, as JSON has them. */
function valuesOf(field, instance) {
  const { type, low, high } = field.dataset;
  const options = optionsOf(field);
  if (options.length) {
    const values = options.slice(0, MOST).map((option) => (type === "boolean" || type === "integer" ? JSON.parse(option) : option));
    if (isNullable(field)) values.push(null);
    const current = at(instance, field.dataset.pointer) ?? null;
    return values.includes(current) ? values : [...values, current];
  }
  if (low === undefined || Number(low) >= Number(high)) return [];
  let [from, to] = [Number(low), Number(high)];
  const here = at(instance, field.dataset.pointer);
  if (typeof here === "number") [from, to] = [Math.min(from, here), Math.max(to, here)];
  const steps = Array.from({ length: POINTS }, (_, i) => from * (1 - i / (POINTS - 1)) + to * (i / (POINTS - 1)));
  if (type === "number") return typeof here === "number" ? [...new Set([...steps, here])].sort((a, b) => a - b) : steps;
  const whole = [...new Set(steps.map(Math.round))];
  if (type === "date") return whole.map((days) => new Date(days * DAY).toISOString().slice(0, 10));
  return type === "datetime" ? whole.map((seconds) => new Date(seconds * 1000).toISOString()) : whole;
}

/** What may be chosen, or is suggested where there are too many to choose from. */
function optionsOf(field) {
  return [...field.querySelectorAll("option")].map((option) => option.value).filter((value) => value !== "");
}

function isNullable(field) {
  return "nullable" in field.dataset;
}

function parts(pointer) {
  return pointer.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** What an instance has there; only its own members: a field may be named as what all objects have. */
function at(instance, pointer) {
  return parts(pointer).reduce((node, part) => (node && Object.hasOwn(node, part) ? node[part] : undefined), instance);
}

function changed(instance, pointer, value) {
  const copy = structuredClone(instance);
  const keys = parts(pointer);
  const last = keys.pop();
  const own = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(keys.reduce((node, part) => node[part], copy), last, own); // Assigning to `__proto__` adds none.
  return copy;
}

async function drawn(field, instance, label, texts) {
  const { pointer, title } = field.dataset;
  const values = valuesOf(field, instance);
  const body = JSON.stringify(values.map((value) => changed(instance, pointer, value)));
  const answer = await ask("predict", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const said = await answer.json();
  if (!answer.ok) return element("p", { class: "error" }, fill(texts.failed, { status: answer.status, detail: said.detail }));
  const isValue = "value" in said.predictions[0];
  const results = said.predictions.map((one) => (isValue ? one.value : one.probabilities ? one.probabilities[label] : Number(one.label === label)));
  const name = isValue ? texts.value : fill(texts.probability_of, { label });
  const isLine = ["number", "integer", "date", "datetime"].includes(field.dataset.type) && !field.querySelector("select");
  const here = at(instance, pointer) ?? null;
  const picture = isLine ? line(values, results, here, isValue) : bars(values, results, here, isValue, texts.unknown);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", `${name}, ${title}: ${values[0]} → ${format(results[0])}, ${values.at(-1)} → ${format(results.at(-1))}`);
  picture.append(svg("text", { x: 2, y: 12, class: "faint" }, name.length > 52 ? `${name.slice(0, 51)}…` : name));
  return picture;
}

function scale(results, isValue) {
  let [low, high] = isValue ? [Math.min(...results), Math.max(...results)] : [0, 1];
  const pad = low === high ? Math.max(1, Math.abs(low) / 1000) : 0;
  [low, high] = [low - pad, high + pad];
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - share(value, low, high));
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
  for (const value of [low, low / 2 + high / 2, high]) {
    picture.append(svg("path", { class: "grid", d: `M${LEFT} ${y(value)}H${WIDTH - RIGHT}` }));
    picture.append(svg("text", { x: LEFT - 5, y: y(value) + 4, "text-anchor": "end", class: "faint" }, isValue ? compact.format(value) : `${100 * value} %`));
  }
  return [picture, y, low];
}

/** Where a value lies between two others, from 0 to 1; the difference of huge numbers may be no number. */
function share(value, low, high) {
  const half = Number.isFinite(high - low) ? 1 : 0.5;
  return (half * value - half * low) / (half * high - half * low);
}

function line(values, results, here, isValue) {
  const [picture, y] = scale(results, isValue);
  const places = values.map((value) => (typeof value === "number" ? value : Date.parse(value)));
  const [low, high] = [places[0], places.at(-1)];
  const x = (place) => LEFT + (WIDTH - LEFT - RIGHT) * share(place, low, high);
  const path = results.map((result, i) => `${i ? "L" : "M"}${x(places[i]).toFixed(1)} ${y(result).toFixed(1)}`).join("");
  picture.append(svg("path", { class: "line", d: path }));
  const now = typeof here === "number" ? here : Date.parse(here ?? "");
  if (now >= low && now <= high) {
    picture.append(svg("path", { class: "now", d: `M${x(now)} ${TOP}V${HEIGHT - BOTTOM}` }));
    const nearest = places.reduce((best, place, i) => (Math.abs(place - now) < Math.abs(places[best] - now) ? i : best), 0);
    picture.append(svg("circle", { class: "dot", cx: x(places[nearest]), cy: y(results[nearest]), r: 4 }));
  }
  const ends = typeof values[0] === "number" ? [format(values[0]), format(values.at(-1))] : [values[0].slice(0, 10), values.at(-1).slice(0, 10)];
  picture.append(svg("text", { x: LEFT, y: HEIGHT - 8, class: "faint" }, ends[0]));
  picture.append(svg("text", { x: WIDTH - RIGHT, y: HEIGHT - 8, "text-anchor": "end", class: "faint" }, ends[1]));
  return picture;
}

function bars(values, results, here, isValue, unknown) {
  const step = 22;
  const height = TOP + step * values.length + 4;
  const [least, most] = isValue ? [Math.min(0, ...results), Math.max(0, ...results)] : [0, 1];
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}` });
  const x = (value) => 130 + (WIDTH - 130 - 52) * (most > least ? share(value, least, most) : 0);
  values.forEach((value, i) => {
    const top = TOP + step * i;
    const name = value === null ? unknown : String(value);
    const isHere = value === here ? "here" : "";
    const shown = svg("text", { x: 124, y: top + 14, "text-anchor": "end", class: isHere }, name.length > 19 ? `${name.slice(0, 18)}…` : name);
    shown.append(svg("title", {}, name));
    picture.append(shown);
    const [from, to] = [Math.min(x(0), x(results[i])), Math.max(x(0), x(results[i]))];
    picture.append(svg("rect", { x: from, y: top + 3, width: Math.max(1, to - from), height: step - 8, class: isHere }));
    const text = isValue ? compact.format(results[i]) : `${(100 * results[i]).toFixed(1)} %`;
    picture.append(svg("text", { x: to + 4, y: top + 14, class: "faint" }, text));
  });
  return picture;
}

function format(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value);
}

function svg(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
