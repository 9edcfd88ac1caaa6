// The request of an answer as code, ready to copy.

const LANGUAGES = { json: "JSON", curl: "curl", python: "Python", javascript: "JavaScript" };

/** Add the languages and the buttons that copy to the element that shows the request. */
export function snippets(request, body, instance, texts) {
  const code = request.querySelector("#request-json");
  const address = new URL("predict", location.href.split("#")[0]).href;
  const written = (language) => WRITERS[language](address, body, instance);
  const tools = element("div", { class: "tools", role: "group", "aria-label": texts.request });
  for (const [language, name] of Object.entries(LANGUAGES)) {
    const button = element("button", { type: "button", "aria-pressed": String(language === "json") }, name);
    button.addEventListener("click", () => {
      for (const other of tools.children) other.setAttribute("aria-pressed", String(other === button));
      code.textContent = written(language);
    });
    tools.append(button);
  }
  const actions = element("div", { class: "tools" });
  actions.append(copying(texts.copy, () => code.textContent, texts), copying(texts.link, () => location.href, texts));
  request.querySelector("pre").before(tools);
  request.append(actions);
}

function copying(label, text, texts) {
  const button = element("button", { type: "button" }, label);
  button.addEventListener("click", async () => {
    await copy(text());
    button.textContent = texts.copied;
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

/** Copy a text; without TLS a browser has no clipboard for pages, but still copies what is selected. */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = element("textarea", { class: "only-read" });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

const asks = () => document.body.dataset.asks !== "";

const WRITERS = {
  json: (_, body) => body,
  curl(address, body) {
    const key = asks() ? " \\\n  -H 'Authorization: Bearer …'" : "";
    return `curl -s ${address} \\\n  -H 'Content-Type: application/json'${key} \\\n  -d '${body.replaceAll("'", "'\\''")}'`;
  },
  python(address, _, instance) {
    const key = asks() ? ', "Authorization": "Bearer …"' : "";
    return [
      "import json",
      "from urllib.request import Request, urlopen",
      "",
      `instance = ${python(instance, "")}`,
      `headers = {"Content-Type": "application/json"${key}}`,
      `request = Request(${JSON.stringify(address)}, json.dumps(instance).encode(), headers)`,
      "print(json.load(urlopen(request)))",
    ].join("\n");
  },
  javascript(address, _, instance) {
    const key = asks() ? ', Authorization: "Bearer …"' : "";
    return [
      `const instance = ${javascript(instance, "")};`,
      `const answer = await fetch(${JSON.stringify(address)}, {`,
      '  method: "POST",',
      `  headers: { "Content-Type": "application/json"${key} },`,
      "  body: JSON.stringify(instance),",
      "});",
      "console.log(await answer.json());",
    ].join("\n");
  },
};

/** A JSON value as JavaScript writes it: as it is, but for the one key that would set what an object inherits from. */
function javascript(value, indent) {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) return `[${value.map((item) => javascript(item, deeper)).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const key = (name) => (name === "__proto__" ? '["__proto__"]' : JSON.stringify(name));
  const lines = Object.entries(value).map(([name, item]) => `${deeper}${key(name)}: ${javascript(item, deeper)}`);
  return lines.length ? `{\n${lines.join(",\n")}\n${indent}}` : "{}";
}

/** A JSON value as Python writes it. */
function python(value, indent) {
  const deeper = `${indent}    `;
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map((item) => python(item, deeper)).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const lines = Object.entries(value).map(([key, item]) => `${deeper}${JSON.stringify(key)}: ${python(item, deeper)},\n`);
  return lines.length ? `{\n${lines.join("")}${indent}}` : "{}";
}

/** A new element with attributes and a text. */
export function element(name, attributes = {}, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
