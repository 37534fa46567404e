// Everything that is said in sessions' names because something happened, put together.

import type { Engine } from "../core/ports.ts";
import { createAnswers } from "./answers.ts";
import { createRejectedCalls, type RejectedCallNeeds } from "./rejected-calls.ts";
import { createWebhookAnswers, type WebhookAnswerNeeds } from "./webhook-answers.ts";

type Needs = Omit<RejectedCallNeeds & WebhookAnswerNeeds, "answers"> & { engine: Engine };
export type Answering = ReturnType<typeof createAnswering>;

export function createAnswering(needs: Needs) {
  const answers = createAnswers(needs);
  return {
    calls: createRejectedCalls({ ...needs, answers }),
    webhooks: createWebhookAnswers({ ...needs, answers }),
  };
}
