// As much of JSON Schema as the API's document uses: whether a value fits, and if not, where and why.

export type JsonSchema = { readonly [word: string]: unknown };
export type Schemas = Readonly<Record<string, JsonSchema>>;

const known = new Set([
  ...["$ref", "type", "enum", "const", "anyOf", "required", "properties", "additionalProperties", "items"],
  ...["minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "format"],
  ...["patternProperties", "maxProperties", "description", "example", "examples", "default", "title"],
]);

/** RFC 3339, which JSON Schema means: the year has four digits. */
const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Null when the value fits. */
export function misfit(value: unknown, schema: JsonSchema, schemas: Schemas, path = ""): string | null {
  for (const word of Object.keys(schema)) {
    if (!known.has(word)) throw new Error(`the document's schemas now use "${word}": teach it to json-schema.ts`);
  }
  const at = path === "" ? "the whole" : path;
  if (typeof schema.$ref === "string") return misfit(value, resolve(schema.$ref, schemas), schemas, path);
  if (Array.isArray(schema.anyOf)) {
    const options = schema.anyOf as JsonSchema[];
    const fits = options.some((option) => misfit(value, option, schemas, path) === null);
    return fits ? null : `${at} fits none of the choices`;
  }
  if ("const" in schema && value !== schema.const) return `${at} is not ${JSON.stringify(schema.const)}`;
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return `${at} is not one of the words`;
  if (typeof schema.type === "string" && !isOfType(value, schema.type)) return `${at} is not of type ${schema.type}`;
  if (typeof value === "number") return numberMisfit(value, schema, at);
  if (typeof value === "string") return textMisfit(value, schema, at);
  if (Array.isArray(value)) return listMisfit(value, schema, schemas, path);
  if (typeof value === "object" && value !== null) return objectMisfit(value, schema, schemas, path);
  return null;
}

export function resolve(reference: string, schemas: Schemas): JsonSchema {
  const schema = schemas[reference.replace("#/components/schemas/", "")];
  if (schema === undefined) throw new Error(`${reference} leads nowhere`);
  return schema;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function numberMisfit(value: number, { minimum, maximum }: JsonSchema, at: string): string | null {
  if (typeof minimum === "number" && value < minimum) return `${at} is below ${minimum}`;
  return typeof maximum === "number" && value > maximum ? `${at} is above ${maximum}` : null;
}

function textMisfit(value: string, { minLength, maxLength, pattern, format }: JsonSchema, at: string): string | null {
  if (typeof minLength === "number" && value.length < minLength) return `${at} is shorter than ${minLength}`;
  if (typeof maxLength === "number" && value.length > maxLength) return `${at} is longer than ${maxLength}`;
  if (typeof pattern === "string" && !new RegExp(pattern).test(value)) return `${at} does not fit its pattern`;
  if (format === "date-time" && !dateTime.test(value)) return `${at} is no time: ${value}`;
  return null;
}

function listMisfit(list: unknown[], schema: JsonSchema, schemas: Schemas, path: string): string | null {
  const { minItems, maxItems, uniqueItems, items } = schema;
  const at = path === "" ? "the whole" : path;
  if (typeof minItems === "number" && list.length < minItems) return `${at} has fewer than ${minItems} items`;
  if (typeof maxItems === "number" && list.length > maxItems) return `${at} has more than ${maxItems} items`;
  if (uniqueItems === true && new Set(list.map((item) => JSON.stringify(item))).size < list.length)
    return `${at} has an item twice`;
  if (typeof items !== "object" || items === null) return null;
  return firstMisfit(list.entries(), ([place, item]) => misfit(item, items as JsonSchema, schemas, `${path}/${place}`));
}

function objectMisfit(value: object, schema: JsonSchema, schemas: Schemas, path: string): string | null {
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  const missing = ((schema.required ?? []) as string[]).find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${path}/${missing} is missing`;
  const { maxProperties: most } = schema;
  if (typeof most === "number" && Object.keys(value).length > most) return `${path} has more than ${most} fields`;
  return firstMisfit(Object.entries(value), ([name, item]) => {
    if (Object.hasOwn(properties, name)) return misfit(item, properties[name] ?? {}, schemas, `${path}/${name}`);
    return schema.additionalProperties === false ? `${path}/${name} is unknown` : null;
  });
}

function firstMisfit<T>(items: Iterable<T>, look: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = look(item);
    if (found !== null) return found;
  }
  return null;
}
