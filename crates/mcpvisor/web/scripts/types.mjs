// Writes src/api/schema.ts: the documents of schema/openapi.json as TypeScript types. It is written anew before
// each check and never committed, so the types are always those that the daemon answers. The bundle does not need
// it, since types leave no trace there.
import { readFileSync, writeFileSync } from "node:fs";

const from = new URL("../../../../schema/openapi.json", import.meta.url);
const to = new URL("../src/api/schema.ts", import.meta.url);
const schemas = JSON.parse(readFileSync(from, "utf8")).components.schemas;

/** A schema as a TypeScript type. */
function type(schema) {
  if (schema === true || schema === undefined) return "unknown";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(type).join(" | ");
  if (Array.isArray(schema.type)) return schema.type.map((each) => type({ ...schema, type: each })).join(" | ");
  switch (schema.type) {
    case "array": return `(${type(schema.items)})[]`;
    case "object": return schema.properties ? object(schema) : `Record<string, ${type(schema.additionalProperties)}>`;
    case "integer": return "number";
    case undefined: return "unknown";
    default: return schema.type;
  }
}

function object(schema) {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties).map(([name, field]) => {
    const words = (field.description ?? "").replace(/\s+/g, " ").replaceAll("*/", "");
    return `  /** ${words} */\n  ${JSON.stringify(name)}${required.has(name) ? "" : "?"}: ${type(field)};\n`;
  });
  return `{\n${fields.join("")}}`;
}

const types = Object.entries(schemas).map(([name, schema]) => `export type ${name} = ${type(schema)};\n`);
writeFileSync(to, `// Made by scripts/types.mjs from the OpenAPI document; never edited.\n${types.join("")}`);
