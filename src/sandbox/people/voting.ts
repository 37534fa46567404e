// Votes in polls, sealed as phones seal them: with the poll's own secret, for its creator, by its voter.
import { createHash, randomBytes } from "node:crypto";
import { gcmSeal, hmac } from "../crypto/derive.ts";
import { proto } from "../wire/proto.ts";
import type { InboxItem } from "./inbox.ts";

export type Poll = { id: string; options: string[]; secret: Buffer };
/** As the chat of the poll calls them. */
export type Parties = { creator: string; voter: string };

/** Null for a message that is no poll, or tells no secret. */
export function pollIn({ id, message: shown }: InboxItem): Poll | null {
  const message = proto.Message.fromObject(shown);
  const { pollCreationMessage, pollCreationMessageV2, pollCreationMessageV3 } = message;
  const poll = pollCreationMessage ?? pollCreationMessageV2 ?? pollCreationMessageV3;
  const secret = Buffer.from(message.messageContextInfo?.messageSecret ?? []);
  if (poll == null || secret.length === 0) return null;
  return { id, options: (poll.options ?? []).map(({ optionName }) => optionName ?? ""), secret };
}

/** No options take the vote back. */
export function sealVote(poll: Poll, chosen: string[], { creator, voter }: Parties): proto.Message.IPollEncValue {
  const selectedOptions = chosen.map((option) => createHash("sha256").update(option).digest());
  const plain = proto.Message.PollVoteMessage.encode({ selectedOptions }).finish();
  const parts = [poll.id, creator, voter, "Poll Vote"].map((part) => Buffer.from(part));
  const key = hmac(hmac(Buffer.alloc(32), poll.secret), ...parts, Buffer.of(1));
  const encIv = randomBytes(12);
  return { encIv, encPayload: gcmSeal(key, encIv, plain, Buffer.from(`${poll.id}\u0000${voter}`)) };
}
