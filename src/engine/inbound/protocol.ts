// The messages that apps send each other behind the scenes: some change a message, most keep devices in step, and those
// are passed over by name. Only Baileys acts on them.
import { proto } from "@whiskeysockets/baileys";
import { readDeletion, readEdit } from "./done.ts";
import { type Finding, passedOver, type Reading, unsupported } from "./finding.ts";

type Protocol = proto.Message.IProtocolMessage;
type TypeName = keyof typeof proto.Message.ProtocolMessage.Type;
type Reader = (message: Protocol, reading: Reading) => Finding;

/** Between devices of one account, or about how a chat is kept. */
const housekeeping = "housekeeping";
/** Somebody says something with it. */
const unknown = "unknown";

const meanings: Record<TypeName, Reader | typeof housekeeping | typeof unknown> = {
  REVOKE: readDeletion,
  MESSAGE_EDIT: readEdit,
  EPHEMERAL_SETTING: housekeeping,
  EPHEMERAL_SYNC_RESPONSE: housekeeping,
  HISTORY_SYNC_NOTIFICATION: housekeeping,
  APP_STATE_SYNC_KEY_SHARE: housekeeping,
  APP_STATE_SYNC_KEY_REQUEST: housekeeping,
  MSG_FANOUT_BACKFILL_REQUEST: housekeeping,
  INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC: housekeeping,
  APP_STATE_FATAL_EXCEPTION_NOTIFICATION: housekeeping,
  SHARE_PHONE_NUMBER: housekeeping,
  PEER_DATA_OPERATION_REQUEST_MESSAGE: housekeeping,
  PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE: housekeeping,
  REQUEST_WELCOME_MESSAGE: housekeeping,
  BOT_FEEDBACK_MESSAGE: housekeeping,
  MEDIA_NOTIFY_MESSAGE: housekeeping,
  CLOUD_API_THREAD_CONTROL_NOTIFICATION: housekeeping,
  LID_MIGRATION_MAPPING_SYNC: housekeeping,
  REMINDER_MESSAGE: unknown,
  BOT_MEMU_ONBOARDING_MESSAGE: housekeeping,
  STATUS_MENTION_MESSAGE: unknown,
  STOP_GENERATION_MESSAGE: housekeeping,
  LIMIT_SHARING: housekeeping,
  AI_PSI_METADATA: housekeeping,
  AI_QUERY_FANOUT: housekeeping,
  GROUP_MEMBER_LABEL_CHANGE: housekeeping,
};

export function readProtocol(message: Protocol, reading: Reading): Finding {
  const name = proto.Message.ProtocolMessage.Type[message.type ?? -1];
  if (!isTypeName(name)) return unsupported(`protocolMessage.${message.type ?? "untyped"}`);
  const meaning = meanings[name];
  if (meaning === housekeeping) return passedOver(`protocolMessage.${name}`);
  return meaning === unknown ? unsupported(`protocolMessage.${name}`) : meaning(message, reading);
}

function isTypeName(name: string | undefined): name is TypeName {
  return name !== undefined && Object.hasOwn(meanings, name);
}
