// From what is to be done to a message to WhatsApp's own form of it, made once for all attempts: addressed and named as
// WhatsApp itself addressed the message.
import { jidOf } from "../core/chat.ts";
import { type Content, type Context, isMedia } from "../core/content.ts";
import { WaygateError } from "../core/errors.ts";
import type { Message } from "../core/message.ts";
import type { Action, Engine } from "../core/ports.ts";
import type { Session } from "../core/session.ts";
import type { NewAction, Subject } from "../store/actions.ts";
import type { Store } from "../store/store.ts";
import { facesIn } from "./faces.ts";

export type ActionInput =
  /** Null takes it back. */
  | { kind: "reaction"; emoji: string | null }
  /** The text, or the caption; without `mentions` it names whom it named before. */
  | { kind: "edit"; text: string; mentions: string[] | null }
  /** For everybody. */
  | { kind: "deletion" };

type Ready = Pick<NewAction, "target" | "waId" | "raw" | "edited" | "content" | "context">;
export type Composing = { session: Session; message: Message; input: ActionInput; isHeld?: boolean };
type Edit = Extract<ActionInput, { kind: "edit" }>;

export function createActionComposer({ store, engine }: { store: Store; engine: Engine }) {
  /** What it answered, as it is quoted still. */
  async function quotedBy(session: Session, { replyTo }: Context): Promise<Uint8Array | null> {
    const answered = replyTo === null ? null : await store.messages.findByWaId(session.id, replyTo.waId);
    return answered === null ? null : store.messages.rawOf(answered.id);
  }

  function contextOf(session: Session, { context }: Message, { mentions }: Edit): Context {
    return mentions === null ? context : { ...context, mentions: facesIn(store.inbox.people(session.id), mentions) };
  }

  /** `isHeld` where the message itself waits, and nothing is done to it meanwhile. */
  return async function compose({ session, message, input, isHeld = false }: Composing): Promise<Ready> {
    const subject = await store.actions.subject(message.id);
    const target = { waId: message.waId, sender: message.sender };
    const writing = { ...addressFor(message, subject), me: meOf(session), file: null };
    if (input.kind !== "edit") {
      const action: Action = { ...input, target };
      const composed = await engine.composeAction(action, { ...writing, quoted: null });
      return { ...composed, target: writing.target, content: null, context: null };
    }
    const content = reworded(message.content, input.text);
    const context = contextOf(session, message, input);
    const quoted = await quotedBy(session, context);
    // On its way it is told where its file is, which another form would not know.
    const isChanging = isMedia(content) && (message.state === "queued" || message.state === "sending") && !isHeld;
    const action: Action = { kind: "edit", target, content, context, original: isChanging ? null : subject.raw };
    const composed = await engine.composeAction(action, { ...writing, quoted });
    return { ...composed, target: writing.target, content, context };
  };
}

function meOf({ identity }: Session) {
  const { phone = null, lid = null } = identity ?? {};
  return { phone, lid };
}

/** People are named in the form that their group had for them. */
function addressFor({ chat }: Message, { chat: known, participant }: Subject) {
  const target = known ?? chat.jid ?? jidOf(chat.face ?? { phone: null, lid: null });
  const members = participant === null || participant.endsWith("@lid") ? ("lid" as const) : ("phone" as const);
  return { target, members };
}

/** A caption can be changed where there is one; what else a message says cannot. */
function reworded(content: Content, text: string): Content {
  if (content.kind === "text") {
    const { preview } = content;
    return { ...content, text, preview: preview !== null && text.includes(preview.url) ? preview : null };
  }
  if (isMedia(content) && content.caption) return { ...content, caption: text };
  throw new WaygateError("conflict", "Only texts and captions can be edited, and this message has neither.");
}
