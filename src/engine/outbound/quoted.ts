// What is replied to, as it goes along with the reply: its content alone, nothing of what surrounded it.
import { getContentType, normalizeMessageContent, proto } from "@whiskeysockets/baileys";

/** Null for what says nothing, and for what was to be seen once. */
export function quotedFrom(message: proto.IMessage): proto.IMessage | null {
  const inner = normalizeMessageContent(message);
  const type = getContentType(inner);
  const content = type === undefined ? undefined : inner?.[type];
  if (type === undefined || content == null || isViewOnce(message, content)) return null;
  if (typeof content !== "object") return { [type]: content };
  return proto.Message.create({ [type]: { ...content, contextInfo: undefined } });
}

function isViewOnce(message: proto.IMessage, content: unknown): boolean {
  const { viewOnceMessage, viewOnceMessageV2, viewOnceMessageV2Extension } = message;
  const isWrapped = [viewOnceMessage, viewOnceMessageV2, viewOnceMessageV2Extension].some((one) => one != null);
  return isWrapped || (content as { viewOnce?: boolean | null }).viewOnce === true;
}
