// One message to many people: each in their own words, as far as the number may send, once over restarts; paused, taken
// back, tried again, and stopped by itself.
import { expect, test } from "bun:test";
import { inboxes, ofCampaign, reaches, strangersOn } from "../support/campaigns.ts";
import { startFlow } from "../support/session-flow.ts";

test("everybody is written to in their own words, once, and the campaign says how it went", async () => {
  await using flow = await startFlow();
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 40);
  const recipients = people.map((phone, place) =>
    place % 2 === 0 ? { phone, Name: `P${place}`, city: "Köln" } : phone,
  );
  const { status, json } = await flow.call("/campaigns", {
    body: {
      session_id: "shop",
      name: "Sale",
      recipients: [...recipients, `+${people[0]}`],
      message: { text: "Hello {{name|there}} from {{ City | somewhere }}! {{phone}}" },
    },
  });
  expect([status, json.status, json.total, json.duplicates]).toEqual([201, "running", 40, 1]);
  const done = await reaches(flow, json.id, "completed");
  expect(done).toMatchObject({
    processed: 40,
    succeeded: 40,
    failed: 0,
    skipped: 0,
    queued: 0,
    waiting: 0,
    reason: null,
  });
  await flow.network.settled();
  const texts = await inboxes(flow, people);
  expect(texts).toEqual(
    people.map((phone, place) =>
      place % 2 === 0 ? [`Hello P${place} from Köln! ${phone}`] : [`Hello there from somewhere! ${phone}`],
    ),
  );
  const listed = await ofCampaign(flow, json.id);
  expect(listed.map(({ to }) => to.split("@")[0])).toEqual(people);
  expect(listed[0]).toMatchObject({ status: "sent", fields: { Name: "P0", city: "Köln" }, phone: `+${people[0]}` });
  const message = await flow.call(`/messages/${listed[0]?.message_id}`);
  expect(message.json).toMatchObject({ text: `Hello P0 from Köln! ${people[0]}`, session_id: listed[0]?.session_id });
  const events = (await flow.call("/events?cursor=earliest&events=campaign.*&limit=200")).json.data;
  const named = events.map(({ event }: { event: string }) => event);
  expect([named[0], named.at(-1)]).toEqual(["campaign.started", "campaign.completed"]);
  expect(events.at(-1).data).toMatchObject({ id: json.id, total: 40, succeeded: 40, status: "completed" });
}, 30_000);
