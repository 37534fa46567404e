// What every dialect has from its frame: its own faults, the gateway's credentials and limits, a switch, a place in the document.
import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";

const path = "/api/whatsapp/session";

test("below a dialect's addresses faults are told in its own shape, everywhere else in the native one", async () => {
  await using gateway = await startGateway();
  const told = async (call: Promise<{ status: number; json: unknown }>) => {
    const { status, json } = await call;
    return [status, json];
  };
  const nobody = { error: "This needs an API key or a login.", code: "UNAUTHENTICATED" };
  expect(await told(gateway.call(path, { body: {}, key: null }))).toEqual([401, nobody]);
  expect(await told(gateway.call(path, { body: "{" }))).toEqual([
    400,
    { error: "The body is not valid JSON.", code: "MALFORMED" },
  ]);
  const missing = { error: "/sessionId: This field is missing.", code: "INVALID" };
  expect(await told(gateway.call(path, { body: {} }))).toEqual([400, missing]);
  const nothing = { error: "There is nothing at this address.", code: "NOT_FOUND" };
  expect(await told(gateway.call("/api/whatsapp/nothing"))).toEqual([404, nothing]);
  const { status, json, headers } = await gateway.call(path);
  expect([status, json.code, headers.get("allow")]).toEqual([405, "METHOD_NOT_ALLOWED", "POST"]);
  expect((await gateway.call("/api/whatsappx")).json.code).toBe("not_found");
});

test("a dialect that is switched off is not there, nor in the document", async () => {
  await using on = await startGateway();
  await using off = await startGateway({ dialects: ["none"] });
  const documented = async (gateway: typeof on) => (await gateway.call("/openapi.json")).json;
  expect((await documented(on)).tags.map(({ name }: { name: string }) => name)).toContain("wapiconnect");
  expect(JSON.stringify(await documented(off))).not.toContain("/api/whatsapp");
  const { status, json } = await off.call(path, { body: { sessionId: "main" } });
  expect([status, json.code]).toEqual([404, "not_found"]);
});
