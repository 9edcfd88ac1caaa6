// The page that asks for credentials: a key or token, or a client's id and secret, for which it fetches tokens.
import { fill, use, visit } from "./page.js";

const MARGIN = 30_000; // Milliseconds before its end at which a token is replaced.

export function start(main) {
  main.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button");
    button.disabled = true;
    tell(texts().working);
    try {
      const client = form.querySelector("#client");
      const secret = form.querySelector("#secret").value.trim();
      use(client ? ofClient(client.value.trim(), secret) : async () => `Bearer ${secret}`);
      const answer = await visit(location.pathname, { push: false });
      if (!answer.ok) await refuse(answer);
    } catch (error) {
      await refuse(error.answer ?? null);
    } finally {
      button.disabled = false;
    }
  });
}

/** Say on this page why an answer was a refusal. */
export async function say(answer) {
  const words = texts();
  if (answer === null) return tell(words.unreachable, true);
  if (answer.status === 403) {
    const scope = /scope="([^"]*)"/.exec(answer.headers.get("WWW-Authenticate") ?? "")?.[1] ?? "";
    return tell(fill(words.lacks, { scope }), true);
  }
  if (answer.status === 401 || answer.status === 400) return tell(words.refused, true);
  return tell(fill(words.failed, { status: answer.status }), true);
}

async function refuse(answer) {
  use(null);
  await say(answer);
  document.querySelector("#secret")?.focus();
}

function ofClient(id, secret) {
  let value = null;
  let until = 0;
  return async () => {
    if (Date.now() < until) return value;
    const body = new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret });
    const answer = await fetch(new URL("../oauth/token", import.meta.url), { method: "POST", body, credentials: "omit" });
    if (!answer.ok) throw Object.assign(new Error("No token."), { answer });
    const token = await answer.json();
    value = `Bearer ${token.access_token}`;
    until = Date.now() + token.expires_in * 1000 - MARGIN;
    return value;
  };
}

function texts() {
  return JSON.parse(document.querySelector("main").dataset.texts);
}

function tell(sentence, isRefusal = false) {
  const status = document.querySelector("#sign-in-status");
  status.classList.toggle("error", isRefusal);
  status.textContent = sentence;
}
