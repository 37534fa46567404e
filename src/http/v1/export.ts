// /api/v1/export and /api/v1/chats/{id}/export: everything, as lines of JSON, to be taken away.
import { Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import { version } from "../../core/version.ts";
import type { ExportPage } from "../../services/export.ts";
import { type Call, principalOf } from "../call.ts";
import { lineStream } from "../line-stream.ts";
import { routes } from "../surface.ts";
import { showCall } from "./call-shapes.ts";
import { createChatAccess } from "./chat-access.ts";
import { showChat, showContact } from "./chat-shapes.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { idParameter } from "./shapes.ts";
import { showWholeMessage } from "./whole-message.ts";

/** Of the lines' form; another one for another form. */
const formatVersion = 1;
const type = "application/x-ndjson";
/** So long a page may take on a busy machine. */
const patienceSeconds = 120;
const Lines = Type.String({
  description: "One JSON object per line.",
  examples: [`{"record":"export","data":{"version":${formatVersion}}}\n{"record":"end","data":{"messages":0}}\n`],
});
const aboutLines = `JSON lines, each \`{"record", "data"}\`: \`export\` first (what this is, when, whose), then each \`contact\`, each \`chat\`, each \`call\` and each \`message\`, in the shapes of their own routes (messages with reactions, votes, receipts and what was done to them), and \`end\` with how many there were: without it the file is not whole. Files are named by their message's \`media\` (path below the public URL, digest, size); fetch them from there. What comes while it is read is not in it. Streamed: it may be as large as it is.`;

export function exportRoutes({ services, operation }: Resource) {
  const { clock, exports, ids, sessions } = services;
  const { reachOf } = createSessionAccess(services);
  const { ownChat } = createChatAccess(services);

  function recordsOf(page: ExportPage): [string, unknown][] {
    if ("contacts" in page) return page.contacts.map((contact) => ["contact", showContact(contact, ids)]);
    if ("chats" in page) return page.chats.map((chat) => ["chat", showChat(chat, ids)]);
    if ("calls" in page) return page.calls.map((call) => ["call", showCall(call, ids)]);
    return page.messages.map((message) => ["message", showWholeMessage(message, ids)]);
  }

  async function* lines(about: object, pages: AsyncGenerator<ExportPage>): AsyncGenerator<string> {
    const counts = { contact: 0, chat: 0, call: 0, message: 0 };
    yield lineOf("export", about);
    for await (const page of pages) {
      const records = recordsOf(page);
      for (const [record] of records) counts[record as keyof typeof counts] += 1;
      yield records.map(([record, data]) => lineOf(record, data)).join("");
    }
    const { contact: contacts, chat: chats, call: calls, message: messages } = counts;
    yield lineOf("end", { contacts, chats, calls, messages });
  }

  /** What stands in the first line, with the sessions that it is about. */
  function about(call: Call, of: readonly { id: number; name: string }[]) {
    const { id, username } = principalOf(call).account;
    return {
      format: "waygate-export",
      version: formatVersion,
      program: version,
      created_at: isoTime(clock.now()),
      account: { id: ids.show("account", id), username },
      sessions: of.map((session) => ({ id: ids.show("session", session.id), name: session.name })),
    };
  }

  function answer(call: Call, name: string, text: AsyncGenerator<string>): Response {
    const day = isoTime(clock.now()).slice(0, 10);
    return new Response(lineStream(text, call.waits(patienceSeconds)), {
      headers: { "Content-Type": type, "Content-Disposition": `attachment; filename="${name}-${day}.jsonl"` },
    });
  }

  return routes()
    .get(
      "/export",
      async ({ call }) => {
        const reach = reachOf(call);
        const all = await sessions.listAll(reach.accountId);
        const own = all.filter(({ name }) => reach.sessions?.includes(name) ?? true).toReversed();
        const isWhole = reach.sessions === null;
        const pages = exports.account({ accountId: reach.accountId, sessionIds: own.map(({ id }) => id), isWhole });
        return answer(call, "waygate", lines(about(call, own), pages));
      },
      operation(
        {
          id: "exportAccount",
          summary: "Export everything",
          description: `All contacts, chats, calls and messages of the account; with an API key that is bound to sessions, of those. ${aboutLines}`,
          access: "read",
          types: [type],
        },
        { response: { 200: Lines } },
      ),
    )
    .get(
      "/chats/:id/export",
      async ({ params, call }) => {
        const { chat, session } = await ownChat(call, params.id);
        const chat_id = ids.show("chat", chat.id);
        return answer(call, chat_id, lines({ ...about(call, [session]), chat_id }, exports.chat(chat)));
      },
      operation(
        {
          id: "exportChat",
          summary: "Export a chat",
          description: `One chat with its messages and everybody who wrote in it; calls are not part of it. ${aboutLines}`,
          access: "read",
          faults: ["not_found"],
          types: [type],
        },
        { params: idParameter("chat", "chat"), response: { 200: Lines } },
      ),
    );
}

function lineOf(record: string, data: unknown): string {
  return `${JSON.stringify({ record, data })}\n`;
}
