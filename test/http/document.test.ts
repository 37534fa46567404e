import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { problemsOf } from "../support/linter.ts";

test("the document passes a strict linter without a word", async () => {
  await using gateway = await startGateway();
  const { text } = await gateway.call("/openapi.json", { key: null });
  expect(await problemsOf(text)).toEqual([]);
});

type Operation = {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  requestBody?: { content: Record<string, { example?: unknown }> };
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>;
};

const isNative = (path: string) => path.startsWith("/api/v1/");

test("every route is in it, with an id of its own, words, an example, and its faults", async () => {
  await using gateway = await startGateway();
  const { json } = await gateway.call("/openapi.json", { key: null });
  const all = Object.entries(json.paths).flatMap(([path, methods]) =>
    Object.values(methods as Record<string, Operation>).map((operation) => ({ path, operation })),
  );
  const operations = all.map(({ operation }) => operation);
  const ids = operations.map((operation) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const tags = json.tags.map((tag: { name: string }) => tag.name);
  for (const { path, operation } of all) {
    expect(operation.operationId).toMatch(/^[a-z]+([A-Z][a-z]*)*$/);
    expect(operation.summary.length).toBeGreaterThan(3);
    expect(operation.description.length).toBeGreaterThan(20);
    expect(tags).toContain(operation.tags[0]);
    expect(Object.keys(operation.responses)).toContain("500");
    if (operation.requestBody !== undefined) {
      const types = Object.keys(operation.requestBody.content);
      if (operation.operationId === "uploadMedia") {
        expect(types).toEqual(["application/octet-stream"]);
        continue;
      }
      if (operation.operationId === "uploadCampaignRecipients") {
        expect(types).toEqual(["text/csv", "multipart/form-data"]);
        continue;
      }
      expect(types).toEqual(["application/json"]);
      expect(operation.requestBody.content["application/json"]?.example).toBeDefined();
      // A dialect says of a field that does not fit what its own document says.
      expect(Object.keys(operation.responses)).toContain(isNative(path) ? "422" : "400");
    }
  }
});

test("whatever takes an Idempotency-Key has a field for it, with nothing in it", async () => {
  await using gateway = await startGateway();
  const { json } = await gateway.call("/openapi.json", { key: null });
  type Told = {
    description: string;
    parameters?: { name: string; in: string; required: boolean; example?: unknown }[];
  };
  const native = Object.entries(json.paths).filter(([path]) => isNative(path));
  const operations = native.flatMap(([, methods]) => Object.values(methods as Record<string, Told>));
  const has = ({ parameters = [] }: Told) =>
    parameters.some(({ name, in: place }) => place === "header" && name === "Idempotency-Key");
  const says = operations.filter(({ description }) => description.includes("Idempotency-Key"));
  expect(says.length).toBeGreaterThan(5);
  expect(says.filter((operation) => !has(operation))).toEqual([]);
  const fields = operations.flatMap(({ parameters = [] }) =>
    parameters.filter(({ name }) => name === "Idempotency-Key"),
  );
  expect(fields.filter(({ required, example }) => required || example !== undefined)).toEqual([]);
});
