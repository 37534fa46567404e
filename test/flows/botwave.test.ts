// The botwave document's printed requests, against a real gateway: keys, sessions, messages, limits, with what goes wrong.
import { expect, test } from "bun:test";
import { minute } from "../../src/core/clock.ts";
import { type Answer, adminPassword, type CallOptions } from "../support/gateway.ts";
import { type Flow, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const isoTime = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
const shownId = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}_[0-9A-Za-z]+$`));
const problem = (status: number, code: string) => ({
  type: `urn:waygate:problem:${code}`,
  title: expect.any(String),
  status,
  code,
  detail: expect.any(String),
  request_id: shownId("req"),
});

/** As the document has it: a bearer key. */
function botwave(flow: Flow, path: string, key: string, options: CallOptions = {}): Promise<Answer> {
  return flow.call(path, { ...options, key: null, headers: { Authorization: `Bearer ${key}` } });
}

/** As its dashboard does when somebody generates a key. */
async function keyOf(flow: Flow, username: string, password: string): Promise<string> {
  const { json: login } = await flow.call("/login", { body: { username, password }, key: null });
  const { status, json } = await botwave(flow, "/keys", login.token, { body: { name: "integration" } });
  const { id, key } = json;
  expect([status, id, key]).toEqual([201, shownId("key"), expect.stringMatching(/^wg_live_/)]);
  const { data } = (await botwave(flow, "/keys", login.token)).json;
  expect(data.find((one: { id: string }) => one.id === id)).not.toHaveProperty("key");
  return key;
}

test("a session is made, linked by its QR, listed, and sends to a group, as the document prints it", async () => {
  await using flow = await startFlow({ adminPassword });
  const key = await keyOf(flow, "admin", adminPassword);
  const ask = (path: string, options?: CallOptions) => botwave(flow, path, key, options);
  expect((await ask("/sessions")).json).toEqual({ data: [], next_cursor: null });
  const made = await ask("/sessions", { body: { name: "bot", label: "The bot" } });
  const { id } = made.json;
  expect([made.status, id, made.json.status]).toEqual([201, shownId("sess"), "starting"]);
  const formats = { png: "image/png", svg: "image/svg+xml", data_url: "text/plain", text: "text/plain" };
  for (const [format, type] of Object.entries(formats)) {
    const picture = await ask(`/sessions/${id}/qr?format=${format}&wait=10`);
    expect([picture.status, picture.headers.get("content-type")?.split(";")[0]]).toEqual([200, type]);
  }
  await flow.line("bot").scan((await ask("/sessions/bot/qr?format=raw")).text);
  await flow.line("bot").reaches("connected");
  const { data } = (await ask("/sessions")).json;
  expect(data).toMatchObject([{ id: id, status: "connected", phone: `+${mine}`, created_at: isoTime }]);
  expect((await ask("/sessions/bot/qr")).json).toEqual(problem(409, "conflict"));

  const group = flow.control.createGroup({ subject: "Customers", creator: mine, members: [others] });
  const text = "Hello from the BotWave API!";
  const sent = await ask("/messages", { body: { session_id: id, to: group.id, text } });
  expect([sent.status, sent.json]).toMatchObject([
    201,
    { id: shownId("msg"), session_id: id, to: group.id, text, direction: "out", timestamp: isoTime },
  ]);
  const got = async () => (await flow.control.phones.inbox(others, {})).data.find((one) => one.text === text);
  const arrived = await until("it to arrive in the group", got);
  expect([arrived.chat, arrived.from]).toEqual([group.id, mine]);
});

test("the recent messages of a session come newest first, by its id and by its name", async () => {
  await using flow = await startFlow({ adminPassword });
  const line = await flow.link("bot");
  await flow.create("another", { start: false });
  const key = await keyOf(flow, "admin", adminPassword);
  const ask = (path: string, options?: CallOptions) => botwave(flow, path, key, options);
  const { id } = (await ask("/sessions/bot")).json;
  for (const to of [`+${others}`, `${others}@c.us`]) {
    const { status } = await ask("/messages", { body: { session_id: "bot", to, text: `to ${to}` } });
    expect(status).toBe(201);
    flow.clock.advance(1_000);
  }
  line.write("Hi bot");
  const list = async (session: string) => (await ask(`/messages?session=${session}`)).json;
  const listed = await until("all three", async () => {
    const found = await list(id);
    return found.data.length === 3 ? found : null;
  });
  const times = listed.data.map(({ timestamp }: { timestamp: string }) => timestamp);
  expect(times).toEqual(times.toSorted().toReversed());
  const byText = Object.fromEntries(listed.data.map((one: { text: string }) => [one.text, one]));
  expect(byText["Hi bot"]).toMatchObject({ direction: "in", session_id: id, from: `+${others}`, timestamp: isoTime });
  expect(listed.next_cursor).toBeNull();
  const page = await ask(`/messages?session=bot&limit=2`);
  expect(page.json.data).toHaveLength(2);
  const rest = await ask(`/messages?session=bot&limit=2&cursor=${page.json.next_cursor}`);
  expect(rest.json.data).toHaveLength(1);
  expect((await list("another")).data).toEqual([]);
});

test("what goes wrong is told in one shape, with a code and a sentence", async () => {
  await using flow = await startFlow({ adminPassword });
  await flow.link("bot");
  const key = await keyOf(flow, "admin", adminPassword);
  const text = "Hello from the BotWave API!";
  const send = (body: unknown, as = key) => botwave(flow, "/messages", as, { body });
  const stranger = await send({ session_id: "bot", to: others, text }, "BOTWAVE_API_KEY");
  expect([stranger.status, stranger.json]).toEqual([401, problem(401, "unauthenticated")]);
  expect((await flow.call("/sessions", { key: null })).json).toEqual(problem(401, "unauthenticated"));
  const unknown = await send({ session_id: "sess_abc123", to: "120363025000000@g.us", text });
  expect([unknown.status, unknown.json]).toEqual([404, problem(404, "not_found")]);
  expect((await botwave(flow, "/messages?session=sess_abc123", key)).json).toEqual(problem(404, "not_found"));
  const misfits: [unknown, string][] = [
    [{ to: others, text }, "/session_id"],
    [{ session_id: "bot", text }, "/to"],
    [{ session_id: "bot", to: others }, "/text"],
    [{ session_id: "bot", to: others, text: 5 }, "/text"],
    [{ session_id: "bot", to: "120363025xxxxxx@g.us", text }, "/to"],
    [{ session_id: "bot", to: others, text, image: "x" }, "/image"],
  ];
  for (const [body, path] of misfits) {
    const { status, headers, json } = await send(body);
    expect([status, headers.get("content-type")]).toEqual([422, "application/problem+json"]);
    expect(json).toEqual({
      ...problem(422, "invalid"),
      errors: expect.arrayContaining([{ in: "body", path, message: expect.any(String) }]),
    });
  }
  const broken = await send("{");
  expect([broken.status, broken.json]).toEqual([400, problem(400, "malformed")]);
  expect((await botwave(flow, "/sessions", key, { body: { name: "bot" } })).json).toEqual(problem(409, "conflict"));
});

test("a group that there is not, or that we are not in, is a refusal, and not tried for a day", async () => {
  await using flow = await startFlow({ adminPassword });
  await flow.link("bot");
  flow.control.phones.add({ number: "15552223344" });
  const closed = flow.control.createGroup({ subject: "Others", creator: others, members: ["15552223344"] });
  const expected = [
    ["120363025000000@g.us", "404", "There is nobody at this address."],
    [closed.id, "403", "This number may not write here."],
  ] as const;
  for (const [to, code, sentence] of expected) {
    const { json } = await flow.call("/messages", { body: { session_id: "bot", to, text: "Hello!" } });
    expect(json).toMatchObject({ status: "failed", error: { code, sentence } });
  }
});

test("each plan has its requests a minute", async () => {
  await using flow = await startFlow({ adminPassword });
  const { data } = (await flow.call("/plans")).json;
  type Plan = { name: string; requests_per_minute: number | null; webhook_events_per_minute: number | null };
  const rates = data.map((plan: Plan) => [plan.name, plan.requests_per_minute, plan.webhook_events_per_minute]);
  expect(rates).toEqual(
    expect.arrayContaining([
      ["free", 60, 30],
      ["pro", 600, 300],
      ["business", 6_000, null],
    ]),
  );
  const password = "a long and lovely phrase";
  await flow.call("/accounts", { body: { username: "ada", password } });
  const key = await keyOf(flow, "ada", password);
  const list = () => botwave(flow, "/sessions", key);
  flow.clock.advance(minute);
  const answers: Answer[] = [];
  for (let n = 0; n < 61; n++) answers.push(await list());
  const statuses = answers.map(({ status }) => status);
  expect([statuses.filter((status) => status === 200).length, statuses.at(-1)]).toEqual([60, 429]);
  expect(answers[0]?.headers.get("ratelimit-policy")).toBe(`"account";q=60;w=60`);
  const over = answers.at(-1);
  expect([over?.json, over?.headers.get("retry-after")]).toEqual([problem(429, "rate_limited"), "60"]);
  expect((await botwave(flow, "/sessions", "no key")).status).toBe(401);
  flow.clock.advance(minute);
  expect((await list()).status).toBe(200);
});
