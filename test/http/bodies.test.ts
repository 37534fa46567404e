import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { adminKey, type CallOptions, startGateway } from "../support/gateway.ts";
import { hurry } from "../support/quick-timers.ts";

const key = { name: "x" };

test.each<[string, CallOptions, number, string]>([
  ["no JSON at all", { body: "{bad" }, 400, "malformed"],
  ["nothing", { method: "POST" }, 422, "invalid"],
  ["null", { body: "null" }, 422, "invalid"],
  ["a list", { body: "[]" }, 422, "invalid"],
  [
    "a form",
    { body: "name=x", headers: { "content-type": "application/x-www-form-urlencoded" } },
    415,
    "unsupported_media_type",
  ],
  [
    "plain text",
    { body: JSON.stringify(key), headers: { "content-type": "text/plain" } },
    415,
    "unsupported_media_type",
  ],
  ["no type", { body: JSON.stringify(key), headers: { "content-type": "" } }, 415, "unsupported_media_type"],
  [
    "a JSON type of its own",
    { body: JSON.stringify(key), headers: { "content-type": "application/vnd.x+json; charset=utf-8" } },
    201,
    "",
  ],
  ["an unknown field", { body: { ...key, nmae: "y" } }, 422, "invalid"],
  ["a number for a name", { body: { name: 7 } }, 422, "invalid"],
  ["an object for a name", { body: { name: { toString: null } } }, 422, "invalid"],
  ["half a character", { body: '{"name":"a\\ud800b"}' }, 400, "malformed"],
  ["a digit string for a number", { body: { ...key, scopes: "read" } }, 422, "invalid"],
  ["a field named __proto__", { body: '{"name":"x","__proto__":{"scopes":["admin"]}}' }, 422, "invalid"],
  ["33 levels", { body: `{"name":${"[".repeat(33)}${"]".repeat(33)}}` }, 400, "malformed"],
  ["a hundred thousand levels", { body: "[".repeat(100_000) }, 400, "malformed"],
  ["more items than a list may have", { body: { name: Array.from({ length: 10_001 }, () => 1) } }, 400, "malformed"],
  ["more than the limit", { body: { name: "x".repeat(1_100_000) } }, 413, "too_large"],
])("a body with %s is told apart", async (_what, options, status, code) => {
  await using gateway = await startGateway();
  const answer = await gateway.call("/api/v1/keys", options);
  expect(answer.status).toBe(status);
  if (code === "") return;
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.json).toMatchObject({ code, status, type: `urn:waygate:problem:${code}` });
  expect(answer.json.request_id).toBe(answer.headers.get("x-request-id"));
  expect((await gateway.call("/api/v1/keys")).json.data).toHaveLength(1);
});

test("a body that grows past the limit without saying so is cut off", async () => {
  await using gateway = await startGateway();
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(64 * 1024).fill(32));
    },
  });
  const headers = { "content-type": "application/json", "x-api-key": adminKey };
  const response = await fetch(`${gateway.url}/api/v1/keys`, { method: "POST", headers, body });
  expect(response.status).toBe(413);
});

test("a body that stops in its midst, or comes too slowly, is not waited for", async () => {
  await using gateway = await startGateway();
  using _quick = hurry({ from: 15_000 }, 100);
  const { hostname, port, host } = new URL(gateway.url);
  const head = `POST /api/v1/keys HTTP/1.1\r\nHost: ${host}\r\nX-API-Key: ${adminKey}\r\nContent-Type: application/json`;
  const answered = (more?: (socket: Socket) => void) =>
    new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname);
      const timer = setInterval(() => more?.(socket), 20);
      socket.on("error", () => {});
      socket.once("close", () => clearInterval(timer));
      socket.once("data", (bytes) => {
        socket.destroy();
        resolve(bytes.toString());
      });
      socket.write(`${head}\r\nContent-Length: 1000000\r\n\r\n{"name`);
    });
  for (const answer of await Promise.all([answered(), answered((socket) => socket.write(" "))])) {
    expect(answer).toStartWith("HTTP/1.1 400 ");
    expect(answer).toContain("The body did not come in time.");
  }
});

test("faults name the field, by its path and in a sentence", async () => {
  await using gateway = await startGateway();
  const { json } = await gateway.call("/api/v1/keys", { body: { name: "", scopes: ["read", "fly"], extra: 1 } });
  expect(json.errors).toEqual([
    { in: "body", path: "/extra", message: "There is no such field here." },
    { in: "body", path: "/name", message: "Expected string length greater or equal to 1." },
    { in: "body", path: "/scopes/1", message: 'Expected one of "read", "send", "manage", "admin".' },
  ]);
  const query = await gateway.call("/api/v1/keys?limit=900&page=2");
  expect(query.json.errors.map((fault: { in: string; path: string }) => [fault.in, fault.path])).toEqual([
    ["query", "page"],
    ["query", "limit"],
  ]);
  expect((await gateway.call("/api/v1/keys?cursor=nonsense")).json.errors[0].path).toBe("cursor");
});

test("a stranger is turned away before the body is looked at", async () => {
  await using gateway = await startGateway();
  expect((await gateway.call("/api/v1/keys", { body: "{bad", key: null })).status).toBe(401);
  const { json } = await gateway.call("/api/v1/keys", { body: { name: "reader", scopes: ["read"] } });
  expect((await gateway.call("/api/v1/keys", { body: "{bad", key: json.key })).status).toBe(403);
});

test("ids that cannot be one name nothing", async () => {
  await using gateway = await startGateway();
  for (const id of ["1", "key_", "acc_zzzzzzzz", "%00", "%ff", "..%2f..", "x".repeat(3_000)]) {
    expect((await gateway.call(`/api/v1/keys/${id}`)).json.code).toBe("not_found");
  }
});

test("an optional body may be left out, but is no list, text or nothing at all", async () => {
  await using gateway = await startGateway();
  const { json } = await gateway.call("/api/v1/keys", { body: key });
  for (const body of ["[]", '""', "0", "false", "null"]) {
    expect((await gateway.call(`/api/v1/keys/${json.id}/rotate`, { body })).status).toBe(422);
  }
  expect((await gateway.call(`/api/v1/keys/${json.id}/rotate`, { method: "POST" })).status).toBe(201);
});
