// What somebody has a phone write: one of text, media, reaction, edit, deletion, poll, vote, location, contact, or a forged
// word that only one's own phone may say.
import type { World } from "../network/world.ts";
import type { InboxItem } from "../people/inbox.ts";
import type { Person } from "../people/person.ts";
import { type Words, wordsToMessage } from "../people/sending.ts";
import { spoofedKinds, spoofedMessage } from "../people/spoofing.ts";
import { pollIn as pollInItem } from "../people/voting.ts";
import {
  ControlError,
  flagIn,
  type Input,
  numberIn,
  objectIn,
  oneOfIn,
  optionalText,
  phoneIn,
  textIn,
  textsIn,
} from "./input.ts";

const mediaKinds = ["image", "video", "gif", "video_note", "audio", "ptt", "document", "sticker"] as const;
const inventedText = "This was never written.";

export function itemIn(world: World, person: Person, id: string): InboxItem {
  const item = world.phones.stateOf(person).inbox.find((one) => one.id === id);
  if (item === undefined) throw new ControlError("not_found", `${person.phone} has no message ${id}.`);
  return item;
}

export function mediaIn(media: Input) {
  return {
    kind: oneOfIn(media, "kind", mediaKinds),
    mimetype: textIn(media, "mimetype"),
    bytes: Buffer.from(textIn(media, "base64"), "base64"),
    caption: optionalText(media, "caption"),
    fileName: optionalText(media, "file_name"),
    viewOnce: flagIn(media, "view_once", false),
  };
}

export function messageIn(world: World, person: Person, chat: string, input: Input) {
  const protocol = objectIn(input, "protocol");
  if (protocol === undefined) return wordsToMessage(world, person, chat, wordsIn(world, person, input));
  const named = protocol.victim == null ? null : phoneIn(protocol, "victim");
  const victim = named === null ? (world.registry.findByJid(chat) ?? person) : world.registry.find(named);
  if (victim === null) throw new ControlError("not_found", `There is no phone ${named} on this network.`);
  const kind = oneOfIn(protocol, "type", spoofedKinds);
  const message = spoofedMessage(world, person, { kind, victim, text: optionalText(protocol, "text") ?? inventedText });
  return { message, category: flagIn(protocol, "as_peer", false) ? ("peer" as const) : undefined };
}

function wordsIn(world: World, person: Person, input: Input): Words {
  const [react, edit, poll, vote, location, contact] = ["react", "edit", "poll", "vote", "location", "contact"].map(
    (name) => objectIn(input, name),
  );
  const item = (id: string) => itemIn(world, person, id);
  if (react !== undefined) return { react: { to: item(textIn(react, "id")), emoji: String(react.emoji ?? "") } };
  if (edit !== undefined) return { edit: { of: item(textIn(edit, "id")), text: textIn(edit, "text") } };
  if (input.revoke != null) return { revoke: item(textIn(input, "revoke")) };
  if (vote !== undefined) return { vote: voteIn(item(textIn(vote, "id")), vote) };
  if (poll !== undefined) return { poll: pollIn(poll) };
  if (location !== undefined) return { location: locationIn(location) };
  if (contact !== undefined) return { contact: { name: textIn(contact, "name"), phone: phoneIn(contact, "number") } };
  const quoted = optionalText(input, "quote");
  const quote = quoted === undefined ? undefined : item(quoted);
  return { text: textIn(input, "text"), quote, mentions: textsIn(input, "mentions") };
}

function pollIn(poll: Input) {
  const [name, options] = [textIn(poll, "name"), textsIn(poll, "options")];
  return { name, options, selectable: numberIn(poll, "selectable", 1) };
}

function voteIn(item: InboxItem, vote: Input) {
  const [poll, options] = [pollInItem(item), textsIn(vote, "options")];
  if (poll === null) throw new ControlError("conflict", `${item.id} is no poll.`);
  const unknown = options.find((option) => !poll.options.includes(option));
  if (unknown !== undefined)
    throw new ControlError("invalid", `vote: ${unknown} is none of ${poll.options.join(", ")}.`);
  return { in: item, poll, options };
}

function locationIn(location: Input) {
  const [latitude, longitude] = [numberIn(location, "latitude"), numberIn(location, "longitude")];
  return { latitude, longitude, name: optionalText(location, "name") };
}
