// What happens now, from `/metrics`: asked every two seconds, differences of counters, so it is right with many workers.
import { ask, fill } from "./page.js";
import { growth, growths, parse, quantile, sums } from "./metrics.js";
import { draw } from "./sparkline.js";

const EVERY = 2_000; // Milliseconds between two answers.
const KEPT = 151; // Answers that are remembered: five minutes.
const FEWEST = 30; // Places of a line: it fills in a minute, then shows more and more.
const RECENT = 15; // Answers that latencies are of: half a minute, so that there are enough requests.
const OWN = "metrics"; // The route that this page asks itself.
const PERCENTILES = { median: 0.5, p95: 0.95, p99: 0.99 };

export function start(main, texts) {
  const live = new Live(main, texts);
  live.begin();
  return () => live.end();
}

class Live {
  constructor(main, texts) {
    [this.main, this.texts, this.samples] = [main, texts, []];
    [this.timer, this.isPaused, this.isOver] = [null, false, false];
    this.onVisibility = () => this.follow();
  }

  begin() {
    this.find("#pause").addEventListener("click", () => {
      this.isPaused = !this.isPaused;
      this.find("#pause").textContent = this.isPaused ? this.texts.resume : this.texts.pause;
      this.follow();
    });
    document.addEventListener("visibilitychange", this.onVisibility);
    this.find("#live").hidden = false;
    this.follow();
  }

  end() {
    this.isOver = true;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.onVisibility);
  }

  find(selector) {
    return this.main.querySelector(selector);
  }

  follow() {
    clearTimeout(this.timer);
    if (!document.hidden && !this.isPaused && !this.isOver) this.look();
  }

  async look() {
    const wait = await this.lookOnce();
    clearTimeout(this.timer); // Another look may have ended meanwhile.
    if (wait !== null && !document.hidden && !this.isPaused && !this.isOver) {
      this.timer = setTimeout(() => this.look(), wait);
    }
  }

  /** Resolves to the milliseconds until the next look; null where none would help. */
  async lookOnce() {
    try {
      const answer = await ask("metrics", { cache: "no-store" });
      if (answer.status === 401 || answer.status === 403) {
        this.say(fill(this.texts.lacks, { scope: "manage" }));
        return null;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      this.take(parse(await answer.text()));
      this.say("");
      return EVERY;
    } catch (error) {
      this.say(fill(this.texts.failed, { reason: error.message }));
      return EVERY * 2;
    }
  }

  /** Say how the looking goes; a screen reader hears it only if it is new. */
  say(sentence) {
    const status = this.find("#live-status");
    if (status.textContent !== sentence) status.textContent = sentence;
  }

  take(metrics) {
    const others = (labels) => labels.route !== OWN;
    this.samples.push({
      at: performance.now() / 1000,
      requests: sums(metrics, "twinserve_requests_total", (labels) =>
        others(labels) ? [labels.route, labels.method, labels.status].join(" ") : null,
      ),
      rows: sums(metrics, "twinserve_predictions_total", (labels) => [labels.model, labels.version].join(" ")),
      buckets: sums(metrics, "twinserve_request_seconds_bucket", (labels) => (others(labels) ? labels.le : null)),
      warnings: sums(metrics, "twinserve_warnings_total", (labels) => JSON.stringify([labels.pointer, labels.code])),
      problems: sums(metrics, "twinserve_problems_total", (labels) => labels.kind),
    });
    this.samples.splice(0, this.samples.length - KEPT);
    const now = this.samples.at(-1);
    this.showRates();
    this.showLatency();
    this.showRequests(now);
    this.showCounts(now);
    this.showVersions(metrics, now);
    this.find("#updated").textContent = fill(this.texts.updated, { time: new Date().toLocaleTimeString() });
  }

  showRates() {
    const isError = (key) => /[45]\d\d$/.test(key);
    this.showTrend("requests", this.rates("requests", () => true));
    this.showTrend("predictions", this.rates("rows", () => true));
    this.showTrend("errors", this.rates("requests", isError));
  }

  /** The growth a second between neighbouring answers, of the sums whose key is wanted. */
  rates(name, isWanted) {
    return this.samples.slice(1).map((after, place) => {
      const before = this.samples[place];
      let grown = 0;
      for (const [key, value] of growths(before[name], after[name])) grown += isWanted(key) ? value : 0;
      return grown / (after.at - before.at);
    });
  }

  showTrend(name, values, format = number) {
    const section = this.find(`#${name}`);
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return;
    const last = values.at(-1);
    section.querySelector(".number").textContent = last === null ? "–" : format(last);
    draw(section.querySelector("svg"), values, Math.max(FEWEST, values.length));
    section.querySelector(".trend").textContent = fill(this.texts.trend, {
      name: this.texts[name],
      now: last === null ? "–" : format(last),
      low: format(Math.min(...known)),
      high: format(Math.max(...known)),
      minutes: ((KEPT - 1) * EVERY) / 60_000,
    });
  }

  showLatency() {
    const grown = (end) => {
      const before = this.samples[Math.max(0, end - RECENT)];
      return growths(before.buckets, this.samples[end].buckets);
    };
    const last = this.samples.length - 1;
    if (last < 1) return;
    const now = grown(last);
    for (const [name, share] of Object.entries(PERCENTILES)) {
      const found = quantile(share, now);
      const text = found && (found.isOver ? fill(this.texts.over, { value: time(found.value) }) : time(found.value));
      this.find(`#latency [data-of="${name}"]`).textContent = text ?? "–";
    }
    const trend = this.samples.slice(1).map((_, place) => quantile(PERCENTILES.p95, grown(place + 1))?.value ?? null);
    this.showTrend("latency", trend, time);
    this.find("#latency .number").textContent = this.find('#latency [data-of="p95"]').textContent;
  }

  showRequests(now) {
    const before = this.samples[Math.max(0, this.samples.length - 1 - RECENT)];
    const seconds = now.at - before.at;
    const rows = [...now.requests].sort().map(([key, total]) => {
      const grown = growth(before.requests.get(key) ?? 0, total);
      return [...key.split(" "), seconds > 0 ? number(grown / seconds) : "–", number(total)];
    });
    this.fillTable("#by-status", rows, (row) => row[2] >= "400");
  }

  showCounts(now) {
    const byTotal = (sums) => [...sums].sort((one, other) => other[1] - one[1]);
    this.fillTable("#kinds", byTotal(now.problems).map(([kind, total]) => [kind, number(total)]));
    this.fillTable("#warnings", byTotal(now.warnings).map(([key, total]) => [...JSON.parse(key), number(total)]));
  }

  showVersions(metrics, now) {
    const rows = (metrics.get("twinserve_model_info") ?? []).map(({ labels, value }) => [
      labels.model,
      labels.version,
      value === 1 ? this.texts.serving : this.texts.before,
      number(now.rows.get(`${labels.model} ${labels.version}`) ?? 0),
    ]);
    this.fillTable("#versions", rows);
    const refused = (metrics.get("twinserve_refused_version") ?? []).filter(({ value }) => value !== 0);
    this.find("#refused").hidden = refused.length === 0;
    this.find("#refused").textContent = refused
      .map(({ labels, value }) =>
        fill(value < 0 ? this.texts.refused_unknown : this.texts.refused, { model: labels.model, version: value }),
      )
      .join(" ");
  }

  /** The rows of a table, the first cell of each its head; the sentence beside it where there are none. */
  fillTable(selector, rows, isBad = () => false) {
    const section = this.find(selector);
    section.querySelector(".scroll").hidden = rows.length === 0;
    section.querySelector(".none").hidden = rows.length > 0;
    section.querySelector("tbody").replaceChildren(
      ...rows.map((row) => {
        const made = document.createElement("tr");
        made.append(...row.map((text, place) => Object.assign(cell(place), { textContent: text })));
        made.classList.toggle("bad", isBad(row));
        return made;
      }),
    );
  }
}

function cell(place) {
  const made = document.createElement(place === 0 ? "th" : "td");
  if (place === 0) made.scope = "row";
  return made;
}

function number(value) {
  const digits = Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString(document.documentElement.lang, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function time(seconds) {
  return seconds < 1 ? `${number(seconds * 1000)} ms` : `${number(seconds)} s`;
}
