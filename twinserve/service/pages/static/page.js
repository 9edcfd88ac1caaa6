// What all pages need: requests with the credentials that somebody signed in with, and the start of a page's own script.
//
// A page's script is the module that `data-module` of its <main> names. It exports `start(main, texts)`, which may
// return a function that ends it. Credentials are held in this module, so they live as long as the document does;
// links between the pages are followed by fetch as long as there are some.

let credentials = null; // A function that resolves to the value of the Authorization header.
let end = null; // Ends the script of the page that is shown.

/** Ask the service: `fetch` with a path relative to this page, and with the credentials. */
export async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  if (credentials) headers.set("Authorization", await credentials());
  return fetch(path, { ...options, headers, credentials: "omit" });
}

/** Use these credentials from now on; null forgets them. */
export function use(given) {
  credentials = given;
}

/** A text with its `{...}` filled in. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The page at a path, in place of this one. Resolves to the answer; where that is no page, nothing changes. */
export async function visit(path, { push = true } = {}) {
  const answer = await ask(path, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (!answer.ok) return answer;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (push) history.pushState(null, "", path);
  document.title = page.title;
  for (const part of ["header", "main", "footer"]) {
    document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
  }
  await start();
  document.querySelector("main").focus({ preventScroll: true });
  scrollTo(0, 0);
  return answer;
}

async function start() {
  if (end) end();
  end = null;
  const main = document.querySelector("main");
  const name = main.dataset.module;
  if (!name) return;
  const script = await import(`./${name}.js`);
  end = script.start(main, JSON.parse(main.dataset.texts || "{}")) ?? null;
}

function isOurs(link) {
  return link.closest("header nav") && new URL(link.href).origin === location.origin && !link.href.endsWith("/docs");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!credentials || !link || !isPlain || !isOurs(link)) return;
  event.preventDefault();
  open(link.getAttribute("href"));
});

addEventListener("popstate", () => {
  if (credentials) open(location.pathname, { push: false });
});

/** Follow a link with the credentials; where they do not suffice, the page that asks for others says so. */
async function open(path, options) {
  const answer = await visit(path, options);
  if (answer.ok) return;
  const held = credentials;
  use(null);
  await visit(path, options);
  use(held);
  const { say } = await import("./sign_in.js");
  await say(answer);
}

start();
