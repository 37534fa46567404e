// What a strict linter of API documents has to say of ours.
import { createConfig, lintFromString } from "@redocly/openapi-core";

/** As somebody else's API has them: no chat is called `media`. */
const othersPaths = "`/api/chats/{clientId}/{chatId}/messages` and `/api/chats/{clientId}/media/{messageId}`";

export async function problemsOf(source: string): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended-strict"] });
  const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
  return problems
    .filter(({ message }) => !message.includes(othersPaths))
    .map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`);
}
