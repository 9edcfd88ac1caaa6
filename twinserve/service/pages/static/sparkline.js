// A line of the last values, drawn as SVG. It is decoration: what it shows is said in words beside it.

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, EDGE] = [300, 56, 3];

/** Draw values, the newest at the right end, into an <svg>; `places` is how many would fill it. Null leaves a gap. */
export function draw(svg, values, places) {
  const most = Math.max(...values.filter((value) => value !== null), 0) || 1;
  const step = WIDTH / (places - 1);
  const x = (place) => (WIDTH - (values.length - 1 - place) * step).toFixed(1);
  const y = (value) => (HEIGHT - EDGE - (value / most) * (HEIGHT - 2 * EDGE)).toFixed(1);
  const runs = [[]];
  values.forEach((value, place) => {
    if (value === null) runs.push([]);
    else runs.at(-1).push([x(place), y(value)]);
  });
  const known = runs.filter((run) => run.length > 0);
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.replaceChildren(
    ...known.map((run) => path("area", `M${run[0][0]},${HEIGHT} ${line(run)} L${run.at(-1)[0]},${HEIGHT} Z`)),
    ...known.map((run) => path("line", `M${run[0]} ${line(run)}`)),
  );
}

function line(run) {
  return run.map((point) => `L${point}`).join(" ");
}

function path(kind, shape) {
  const made = document.createElementNS(SVG, "path");
  made.setAttribute("class", kind);
  made.setAttribute("d", shape);
  return made;
}
