// Prometheus' text format, and what counters and histograms say of a stretch of time.

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const ESCAPED = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

/** The samples by metric: `{labels, value}` each; comments are left out. */
export function parse(text) {
  const metrics = new Map();
  for (const line of text.split("\n")) {
    const found = LINE.exec(line);
    if (!found) continue;
    const labels = {};
    for (const [, name, value] of (found[2] ?? "").matchAll(LABEL)) {
      labels[name] = value.replace(/\\[n"\\]/g, (whole) => ESCAPED[whole]);
    }
    if (!metrics.has(found[1])) metrics.set(found[1], []);
    metrics.get(found[1]).push({ labels, value: found[3] === "+Inf" ? Infinity : Number(found[3]) });
  }
  return metrics;
}

/** By how much a counter grew. One that is less than before has begun again at 0, as its process has. */
export function growth(before, after) {
  return after >= before ? after - before : after;
}

/** The sum of a counter's samples by what `key` makes of their labels; those without a key are left out. */
export function sums(metrics, name, key) {
  const totals = new Map();
  for (const { labels, value } of metrics.get(name) ?? []) {
    const found = key(labels);
    if (found !== null) totals.set(found, (totals.get(found) ?? 0) + value);
  }
  return totals;
}

/** The growth of each sum. */
export function growths(before, after) {
  return new Map([...after].map(([key, value]) => [key, growth(before.get(key) ?? 0, value)]));
}

/** The quantile of a histogram's growth, by its cumulative buckets: linear within a bucket, as Prometheus does it.
 *  `{value, isOver}`: beyond the last bound only that bound is known. Null where nothing was observed. */
export function quantile(share, buckets) {
  const sorted = [...buckets].map(([bound, count]) => [bound === "+Inf" ? Infinity : Number(bound), count]);
  sorted.sort((one, other) => one[0] - other[0]);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (!(total > 0)) return null;
  const rank = share * total;
  let [low, below] = [0, 0];
  for (const [bound, count] of sorted) {
    if (count >= rank) {
      if (bound === Infinity) return { value: low, isOver: true };
      const inside = count - below;
      return { value: low + (bound - low) * (inside > 0 ? (rank - below) / inside : 1), isOver: false };
    }
    [low, below] = [bound, count];
  }
  return { value: low, isOver: true };
}
