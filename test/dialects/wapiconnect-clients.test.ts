// The wapiconnect document's one-time code, sent as the HTTP libraries of its nine languages put it on the wire, and by
// those of its programs' languages that this machine has.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { adminKey } from "../support/gateway.ts";
import { type Flow, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const customer = "919876543210";
let flow: Flow;
beforeAll(async () => {
  flow = await startFlow();
  await flow.link("main", undefined, { pacing: "off" });
  flow.control.phones.add({ number: customer });
});
afterAll(() => flow[Symbol.asyncDispose]());

const address = () => flow.gateway().url;
const dressed = (code: string) =>
  `*Verification Code*\n\nYour OTP is *${code}*. Valid for 10 minutes.\n\n_WapiConnect Security_`;
const bodyWith = (code: string) =>
  JSON.stringify({
    to: customer,
    header: "Verification Code",
    message: `Your OTP is *${code}*. Valid for 10 minutes.`,
    footer: "WapiConnect Security",
  });

async function arrives(code: string) {
  const isThere = async () => (await flow.line("main").delivered(customer)).includes(dressed(code));
  await until(`the code ${code} to arrive`, isThere);
}

/** Byte for byte; what comes back until it is whole. */
function wired(head: string[], body: string): Promise<string> {
  const { hostname, port } = new URL(address());
  const answered = Promise.withResolvers<string>();
  let got = "";
  const socket = connect(Number(port), hostname, () => socket.write(`${head.join("\r\n")}\r\n\r\n${body}`));
  socket.on("data", (data) => {
    got += data;
    if (got.includes("messageId") || /^HTTP\/1\.1 [45]/m.test(got)) answered.resolve(got);
  });
  socket.on("close", () => answered.resolve(got));
  socket.on("error", answered.reject);
  return answered.promise.finally(() => socket.destroy());
}

const length = (body: string) => `Content-Length: ${Buffer.byteLength(body)}`;
const json = "Content-Type: application/json";
/** What each library says besides the address, the key and the body. */
const libraries: Record<string, (body: string) => string[]> = {
  "Node.js, axios": (body) => [
    "Accept: application/json, text/plain, */*",
    json,
    "User-Agent: axios/1.7.9",
    length(body),
    "Accept-Encoding: gzip, compress, deflate, br",
    "Connection: close",
  ],
  "PHP, curl": (body) => ["Accept: */*", json, length(body)],
  "PHP, curl that asks first": (body) => ["Accept: */*", json, length(body), "Expect: 100-continue"],
  "Python, requests": (body) => [
    "User-Agent: python-requests/2.32.3",
    "Accept-Encoding: gzip, deflate",
    "Accept: */*",
    "Connection: keep-alive",
    length(body),
    json,
  ],
  "Ruby, Net::HTTP": (body) => [
    "Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
    "Accept: */*",
    "User-Agent: Ruby",
    "Connection: close",
    json,
    length(body),
  ],
  "Go, net/http": (body) => ["User-Agent: Go-http-client/1.1", length(body), json, "Accept-Encoding: gzip"],
  "Java, HttpClient, which offers HTTP/2": (body) => [
    "Connection: Upgrade, HTTP2-Settings",
    length(body),
    "HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAABgAGAAA",
    "Upgrade: h2c",
    "User-Agent: Java-http-client/21.0.5",
    json,
  ],
  "C#, HttpClient, in chunks": () => ["Content-Type: application/json; charset=utf-8", "Transfer-Encoding: chunked"],
  cURL: (body) => ["User-Agent: curl/8.5.0", "Accept: */*", json, length(body)],
  "the quick start as it is printed, without a type": (body) => [length(body)],
};

test.each(Object.keys(libraries))("%s", async (library) => {
  const code = String(100_000 + Object.keys(libraries).indexOf(library));
  const body = bodyWith(code);
  const more = libraries[library]?.(body) ?? [];
  const isChunked = more.some((line) => line.endsWith("chunked"));
  const chunks = `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const { host } = new URL(address());
  const start = ["POST /api/whatsapp/session/main/send HTTP/1.1", `Host: ${host}`, `X-API-Key: ${adminKey}`];
  const answer = await wired([...start, ...more], isChunked ? chunks : body);
  expect(answer).toContain("HTTP/1.1 200 OK\r\n");
  expect(JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1))).toEqual({
    success: true,
    messageId: expect.stringMatching(/^[0-9A-F]{16,32}$/),
    timestamp: expect.any(Number),
  });
  await arrives(code);
});

/** The document's own lines, but for the base URL; Python's have their indentation back, which the document lost. */
const shell = (base: string) => `OTP=$1
curl -s -X POST ${base}/api/whatsapp/session/main/send \\
-H "X-API-Key: $WAPI_KEY" \\
-H "Content-Type: application/json" \\
-d "{
\\"to\\": \\"${customer}\\",
\\"header\\": \\"Verification Code\\",
\\"message\\": \\"Your OTP is *\${OTP}*. Valid for 10 minutes.\\",
\\"footer\\": \\"WapiConnect Security\\"
}"`;
const python = (base: string) => `import requests, sys, os
API_KEY = os.environ["WAPI_KEY"]
BASE = "${base}"
def send_otp(phone: str, otp: str):
    requests.post(
        f"{BASE}/api/whatsapp/session/main/send",
        headers={"X-API-Key": API_KEY},
        json={
            "to": phone,
            "header": "Verification Code",
            "message": f"Your OTP is *{otp}*. Valid for 10 minutes.",
            "footer": "WapiConnect Security",
        },
    ).raise_for_status()
send_otp("${customer}", sys.argv[1])`;

const hasCurl = Bun.which("curl") !== null;
const hasRequests = Bun.which("python3") !== null && Bun.spawnSync(["python3", "-c", "import requests"]).success;

async function run(command: string[], file: string, source: string, code: string): Promise<void> {
  const path = join(flow.folder, file);
  writeFileSync(path, source);
  const running = Bun.spawn([...command, path, code], { env: { ...Bun.env, WAPI_KEY: adminKey }, stderr: "pipe" });
  expect([await running.exited, await running.stderr.text()]).toEqual([0, ""]);
  await arrives(code);
}

test.skipIf(!hasCurl)("the document's program for curl", () => run(["sh"], "otp.sh", shell(address()), "200001"));
test.skipIf(!hasRequests)("the document's program for Python", () =>
  run(["python3"], "otp.py", python(address()), "200002"),
);
