// The form without reloads: what is posted is what a browser posts by itself, and the answer is the same page.
// On top of it: the answer along one field, the request as code, and addresses that hold a row.
import { ask, fill } from "./page.js";
import { explore } from "./what_if.js";
import { snippets } from "./snippets.js";

export function start(main, texts) {
  let explored = null; // The pointer of the field that was explored last.
  let running = 0;

  async function post(data) {
    const mine = ++running;
    main.querySelector("#answer")?.setAttribute("aria-busy", "true");
    let answer;
    try {
      answer = await ask("./", { method: "POST", headers: { Accept: "text/html" }, body: new URLSearchParams(data) });
    } catch {
      return mine === running && tell(texts.unreachable);
    }
    const text = await answer.text();
    if (mine !== running) return;
    if (!(answer.headers.get("Content-Type") ?? "").startsWith("text/html")) {
      return tell(fill(texts.failed, { status: answer.status, detail: detailOf(text) }));
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    main.replaceChildren(...document.adoptNode(page.querySelector("main")).childNodes);
    enrich();
    took(answer);
    const heading = main.querySelector("#answer-heading");
    heading.focus({ preventScroll: true });
    const place = heading.getBoundingClientRect();
    if (place.top < 0 || place.bottom > innerHeight) heading.scrollIntoView({ block: "start" });
  }

  /** Say in which time the service answered. */
  function took(answer) {
    const milliseconds = /total;dur=([\d.]+)/.exec(answer.headers.get("Server-Timing") ?? "")?.[1];
    const place = main.querySelector("#took");
    if (milliseconds && place) place.textContent = fill(texts.took, { milliseconds: Number(Number(milliseconds).toPrecision(2)) });
  }

  function tell(sentence) {
    const note = document.createElement("p");
    note.className = "error";
    note.setAttribute("role", "alert");
    note.textContent = sentence;
    const panel = main.querySelector("#answer");
    panel.removeAttribute("aria-busy");
    panel.querySelector("[role=alert]")?.remove();
    panel.prepend(note);
  }

  /** Add what needs a script to an answer. */
  function enrich() {
    const request = main.querySelector("#request");
    if (!request) return;
    const body = request.querySelector("#request-json").textContent;
    if (!main.querySelector("#answer output")) return;
    const instance = JSON.parse(body);
    history.replaceState(history.state, "", `#${encodeURIComponent(JSON.stringify(instance))}`);
    snippets(request, body, instance, texts);
    explore(main, request, instance, texts, explored, (pointer) => (explored = pointer));
  }

  function onSubmit(event) {
    event.preventDefault();
    const data = [...new FormData(event.target)];
    if (event.submitter?.name) data.push([event.submitter.name, event.submitter.value]);
    post(data);
  }

  function onInput(event) {
    const known = event.target.closest(".field")?.querySelector("input[name=null]");
    if (known && event.target !== known) known.checked = event.target.value === "" && known.checked;
    else if (known?.checked) known.closest(".field").querySelector("[id]:not([name=null])").value = "";
  }

  /** JSON that is pasted into any field is an instance. */
  function onPaste(event) {
    const text = event.clipboardData?.getData("text").trim() ?? "";
    if (event.target.id === "json" || !text.startsWith("{")) return;
    try {
      JSON.parse(text);
    } catch {
      return;
    }
    event.preventDefault();
    post([["json", text]]);
  }

  /** The row that the address holds. */
  function onAddress() {
    if (!/^#(%7B|\{)/i.test(location.hash)) return;
    try {
      post([["json", decodeURIComponent(location.hash.slice(1))]]);
    } catch {
      // No row: an address that somebody cut.
    }
  }

  const heard = { submit: onSubmit, input: onInput, paste: onPaste };
  for (const [name, listener] of Object.entries(heard)) main.addEventListener(name, listener);
  addEventListener("hashchange", onAddress);
  if (main.querySelector("#answer output")) enrich();
  else onAddress();
  return () => {
    running += 1;
    for (const [name, listener] of Object.entries(heard)) main.removeEventListener(name, listener);
    removeEventListener("hashchange", onAddress);
  };
}

function detailOf(text) {
  try {
    return JSON.parse(text).detail ?? "";
  } catch {
    return "";
  }
}
