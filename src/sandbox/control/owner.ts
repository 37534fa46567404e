// What a phone's owner does with it: name, about, picture, privacy, whom they block, and what it does by itself.
import type { World } from "../network/world.ts";
import { type Behaviour, stillness } from "../people/behaviour.ts";
import type { ChatKept } from "../people/keeping.ts";
import { type Person, phoneJid } from "../people/person.ts";
import { block, setAbout, setPicture } from "../server/profile.ts";
import {
  ControlError,
  flagIn,
  type Input,
  numberIn,
  objectIn,
  optionalText,
  phoneIn,
  textIn,
  textsIn,
} from "./input.ts";

export function changePhone(world: World, person: Person, input: Input): void {
  const name = optionalText(input, "name");
  const blocked = input.blocked === undefined ? null : peopleIn(world, input, "blocked");
  const privacy = privacyIn(person, objectIn(input, "privacy") ?? {});
  if (name !== undefined) person.name = name;
  if (input.about !== undefined) setAbout(world, person, input.about === "" ? "" : textIn(input, "about"));
  if (input.picture !== undefined) setPicture(world, person, { bytes: pictureIn(input), by: person });
  for (const [category, value] of privacy) person.privacy.set(category, value);
  if (blocked !== null) {
    person.blocked.clear();
    for (const other of blocked) block(world, person, phoneJid(other), true);
  }
  if (input.disappearing_seconds !== undefined) {
    person.disappearing = { seconds: numberIn(input, "disappearing_seconds"), at: Number(world.nowSeconds()) };
  }
  if (input.behaviour !== undefined)
    world.phones.stateOf(person).behaviour = behaviourIn(objectIn(input, "behaviour") ?? {});
  if (input.online !== undefined) world.phones.setOnline(person, flagIn(input, "online", true));
  world.changed(person);
}

/** null takes it away. */
function pictureIn(input: Input): Buffer | null {
  return input.picture === null ? null : Buffer.from(textIn(input, "picture"), "base64");
}

function privacyIn(person: Person, input: Input): [string, string][] {
  return Object.keys(input).map((category) => {
    if (!person.privacy.has(category))
      throw new ControlError("invalid", `privacy: one of ${[...person.privacy.keys()].join(", ")} is needed.`);
    return [category, textIn(input, category)];
  });
}

function peopleIn(world: World, input: Input, name: string): Person[] {
  return textsIn(input, name).map((text) => {
    const person = world.registry.find(phoneIn({ [name]: text }, name));
    if (person === null) throw new ControlError("not_found", `There is no phone ${text} on this network.`);
    return person;
  });
}

function behaviourIn(input: Input): Behaviour {
  const replies = (Array.isArray(input.replies) ? input.replies : []).map((one: Input) => {
    const pattern = textIn(one, "pattern");
    try {
      new RegExp(pattern, "iu");
    } catch {
      throw new ControlError("invalid", `replies: ${pattern} is no pattern.`);
    }
    return { pattern, reply: textIn(one, "reply") };
  });
  return {
    auto_read: flagIn(input, "auto_read", stillness.auto_read),
    echo: flagIn(input, "echo", stillness.echo),
    reply: optionalText(input, "reply") ?? null,
    replies,
    delay_ms: numberIn(input, "delay_ms", 0),
  };
}

/** What is not named stays as it is. */
export function keptIn(input: Input, now: number): ChatKept {
  const muted = input.muted_seconds;
  return {
    archived: input.archived === undefined ? undefined : flagIn(input, "archived", false),
    pinned: input.pinned === undefined ? undefined : flagIn(input, "pinned", false),
    mutedUntil: muted == null || muted === "always" ? (muted as "always" | null | undefined) : mutedUntil(input, now),
    readUntil: input.read === true ? now : undefined,
  };
}

function mutedUntil(input: Input, now: number): number {
  return now + numberIn(input, "muted_seconds") * 1_000;
}
