// SIGKILL while numbers are being linked, by QR and by code: what the phone shows as linked comes back by itself, and what
// it does not can be linked anew.
import { until } from "../../support/until.ts";
import { createRandom } from "../support/random.ts";
import { asAdmin, must, request } from "../support/rig.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { createSession, openWorld, qrOf, sessionUrl, statusOf, untilConnected, type World } from "./world.ts";

const longestMs = 200;
const afterMs = 300;
const settleMs = 20_000;

export const pairingSuite: Suite = {
  name: "pairing",
  about: "SIGKILL while a number is being linked; the size is the number of kills",
  long: 100,
  short: 4,
  run,
};

type Count = { linked: number; notYet: number; rescans: number };

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  const count: Count = { linked: 0, notYet: 0, rescans: 0 };
  await using world = await openWorld();
  for (let kill = 1; kill <= size; kill++) {
    const name = `number-${kill}`;
    const phone = `1555${String(kill).padStart(7, "0")}`;
    world.control.phones.add({ number: phone });
    await createSession(world, name);
    const linking = random.chance(0.3) ? typeCode(world, name, phone) : scan(world, name, phone);
    // Whether the phone got its answer or not is looked at later: at the phone.
    const ended = linking.catch(() => {});
    await Bun.sleep(random.between(0, longestMs));
    await world.rig.gateway().kill();
    await Promise.race([ended, Bun.sleep(afterMs)]);
    await world.rig.start();
    await check({ world, name, phone, faults, count });
    await must(sessionUrl(world, name), { method: "DELETE", headers: asAdmin });
  }
  return {
    figure: `${told(size)} kills; ${told(count.linked)} linked on the phone, ${told(count.rescans)} of them had to be linked again; ${told(count.notYet)} not yet linked, all could be`,
    faults: faults.list(),
  };
}

async function scan(world: World, name: string, phone: string): Promise<void> {
  const qr = await until("a QR", () => qrOf(world, name), settleMs);
  await world.control.phones.scan(phone, { qr });
}

async function typeCode(world: World, name: string, phone: string): Promise<void> {
  const { code } = await must<{ code: string }>(sessionUrl(world, name, "/pairing-code"), {
    body: { phone },
    headers: asAdmin,
  });
  await world.control.phones.typeCode(phone, { code });
}

type Check = { world: World; name: string; phone: string; faults: Faults; count: Count };

async function check({ world, name, phone, faults, count }: Check): Promise<void> {
  const isOnPhone = world.control.phones.get(phone).devices.length > 0;
  if (isOnPhone) {
    count.linked += 1;
    const end = await until(
      `${name} to come to rest`,
      async () => {
        const { status } = await statusOf(world, name);
        return ["connected", "pairing", "failed", "logged_out"].includes(status) ? status : null;
      },
      settleMs,
    );
    if (!faults.check(end === "connected", `the phone shows ${name} as linked, and it is ${end}`)) count.rescans += 1;
    return;
  }
  count.notYet += 1;
  const qr = await until(`a QR of ${name}`, () => qrOf(world, name), settleMs);
  await world.control.phones.scan(phone, { qr });
  await untilConnected(world, [name]);
  const reply = await request(sessionUrl(world, name, "/me"), { headers: asAdmin });
  faults.check(reply.status === 200, `linked anew, ${name} does not know itself: ${reply.text}`);
}
