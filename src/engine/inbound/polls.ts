// Polls, what is voted in them, and what came out.
import type { proto } from "@whiskeysockets/baileys";
import { type Finding, passedOver, type Reading, type Said, said, unsupported } from "./finding.ts";
import { targetOf } from "./keys.ts";
import { bytesOf, numberOf } from "./numbers.ts";

export function readPoll(poll: proto.Message.IPollCreationMessage, { secret }: Reading): Said {
  const options = (poll.options ?? []).map(({ optionName }) => optionName ?? "");
  const limit = numberOf(poll.selectableOptionsCount) ?? 0;
  const content = {
    kind: "poll" as const,
    question: poll.name ?? "",
    options,
    // 0 is as many as there are.
    selectable: limit > 0 ? Math.min(limit, options.length) : options.length,
  };
  // The first polls had it within.
  return said(content, poll.contextInfo, { secret: secret ?? bytesOf(poll.encKey) });
}

export function readVote(update: proto.Message.IPollUpdateMessage, reading: Reading): Finding {
  const poll = targetOf(update.pollCreationMessageKey, reading);
  const [payload, iv] = [bytesOf(update.vote?.encPayload), bytesOf(update.vote?.encIv)];
  if (poll === null || payload === null || iv === null) return passedOver("pollUpdateMessage without a vote");
  const { key, at } = reading.envelope;
  return { is: "done", value: { type: "vote", key, poll, encrypted: { payload, iv }, at } };
}

export function readPollResult(type: string) {
  return (result: proto.Message.IPollResultSnapshotMessage): Said => {
    const counts = (result.pollVotes ?? []).map(
      ({ optionName, optionVoteCount }) => `${optionName ?? ""}: ${numberOf(optionVoteCount) ?? 0}`,
    );
    return unsupported(type, result.contextInfo, result.name, ...counts);
  };
}
