// The tokens of people who trust us, as the history brings them: without one WhatsApp refuses a first message (463).
import { jidNormalizedUser, type proto, type SignalKeyStoreWithTransaction, toNumber } from "@whiskeysockets/baileys";
import { buildMergedTcTokenIndexWrite } from "@whiskeysockets/baileys/lib/Utils/tc-token-utils.js";

export type Token = { chat: string; token: Buffer; at: number; sentAt: number | null };

export function tokenOf(conversation: proto.IConversation): Token | null {
  const { id, tcToken, tcTokenTimestamp, tcTokenSenderTimestamp } = conversation;
  const at = tcTokenTimestamp == null ? 0 : toNumber(tcTokenTimestamp);
  if (!id || tcToken == null || tcToken.length === 0 || at <= 0) return null;
  return {
    chat: jidNormalizedUser(id),
    token: Buffer.from(tcToken),
    at,
    sentAt: tcTokenSenderTimestamp == null ? null : toNumber(tcTokenSenderTimestamp),
  };
}

type Keys = Pick<SignalKeyStoreWithTransaction, "get" | "set">;

/** Under the LID if there is one, the newer one of two, and in the index that Baileys prunes them by: as it does itself. */
export async function storeTokens(
  tokens: readonly Token[],
  keys: Keys,
  lidOf: (jid: string) => string | null,
): Promise<number> {
  const filed = tokens.map((one) => ({ ...one, name: lidOf(one.chat) ?? one.chat }));
  const known = await keys.get("tctoken", [...new Set(filed.map(({ name }) => name))]);
  const fresh: typeof known = {};
  for (const { name, token, at, sentAt } of filed) {
    const before = fresh[name] ?? known[name];
    if (Number(before?.timestamp ?? 0) >= at) continue;
    fresh[name] = { ...before, token, timestamp: String(at), ...(sentAt === null ? {} : { senderTimestamp: sentAt }) };
  }
  const names = Object.keys(fresh);
  if (names.length === 0) return 0;
  const index = await buildMergedTcTokenIndexWrite(keys as SignalKeyStoreWithTransaction, names);
  await keys.set({ tctoken: { ...fresh, ...index } });
  return names.length;
}
