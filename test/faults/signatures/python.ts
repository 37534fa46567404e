// The same checks in another language, by its own libraries: what is signed here must not hold in JavaScript alone.
import type { Faults } from "../support/suite.ts";
import type { Got } from "./checks.ts";

export type Signed = Got & { format: string; secret: string };

const program = `
import base64, hashlib, hmac, json, sys

def standard(headers, body, secret):
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return wanted in headers["webhook-signature"].split(" ")

def digest(header):
    return lambda headers, body, secret: hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() == headers[header]

def within(headers, body, secret):
    signature = json.loads(body)["signature"]
    end = b',"signature":"' + signature.encode() + b'"}'
    signed = body[:-len(end)] + b"}"
    return body.endswith(end) and hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() == signature

native = [standard, digest("x-botwave-signature"), digest("x-botbat-signature")]
checks = {
    "native": native,
    "envelope": native + [digest("x-webhook-signature")],
    "wapiconnect": [within, digest("x-webhook-signature")],
    "clients": [],
}
for line in sys.stdin:
    one = json.loads(line)
    body = base64.b64decode(one["body"])
    json.loads(body)
    print(json.dumps([check(one["headers"], body, one["secret"]) for check in checks[one["format"]]]))
`;

/** How many held; null where there is no Python. */
export async function checkInPython(all: readonly Signed[], faults: Faults): Promise<number | null> {
  const python = Bun.which("python3");
  if (python === null) return null;
  const child = Bun.spawn([python, "-c", program], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  for (const { body, ...rest } of all) {
    child.stdin.write(`${JSON.stringify({ ...rest, body: body.toString("base64") })}\n`);
  }
  child.stdin.end();
  const lines = (await new Response(child.stdout).text()).trim().split("\n");
  faults.check(lines.length === all.length, `in Python: ${lines.length} of ${all.length} were looked at`);
  const held = lines.map((line): boolean[] => (line === "" ? [] : JSON.parse(line)));
  for (const [place, one] of held.entries()) {
    faults.check(!one.includes(false), `in Python: ${all[place]?.format} does not hold, ${all[place]?.body}`);
  }
  return held.flat().filter(Boolean).length;
}
