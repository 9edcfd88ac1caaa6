// Asks a server with the types that openapi-typescript makes, and prints what it was told.
import createClient from "openapi-fetch";
import type { components, paths } from "./openapi.js";

type Schemas = components["schemas"];

const url = process.argv[2];
if (url === undefined) throw new Error("Usage: ask URL");
const client = createClient<paths>({ baseUrl: url });
const red: Schemas["Instance"] = { weight: 150.5, skin: { colour: "red", spots: 3 } };
const green: Schemas["Instance"] = { weight: 1000, skin: { colour: "green", spots: null } };

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("There is no answer.");
  return value;
}

const one = given((await client.POST("/predict", { body: red })).data);
const many = given((await client.POST("/predict", { body: [red, green] })).data);
const none = given((await client.POST("/predict", { body: [] })).error);
const facts = given((await client.GET("/model")).data);
const state = given((await client.GET("/health/ready")).data);
const described = given((await client.GET("/schema")).data);
const listed = given((await client.GET("/models")).data);
if (!("label" in one) || !("predictions" in many)) throw new Error("The answers are of another kind.");
const told = {
  label: one.label,
  probabilities: one.probabilities,
  labels: many.predictions.map((prediction) => prediction.label),
  warnings: many.predictions.flatMap((prediction) => prediction.warnings.map((warning) => warning.pointer)),
  refused: [none.status, none.errors[0]?.code],
  model: [facts.name, facts.task, facts.training.rows],
  ready: state.version,
  schema: described["title"],
  models: listed.models.map((model) => model.name),
};
console.log(JSON.stringify(told));
