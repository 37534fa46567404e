// The control socket: the command line's way into a running gateway, so that what it does holds at once.
import { messageOf, WaygateError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { isOperatorAction, operate } from "../services/operator.ts";
import type { Services } from "../services/services.ts";

export type ControlAnswer = { result: unknown } | { fault: { code: string; sentence: string } };

export function createControl({ services, log }: { services: Services; log: Log }) {
  return async (request: Request): Promise<Response> => {
    const name = new URL(request.url).pathname.slice(1);
    try {
      if (!isOperatorAction(name))
        throw new WaygateError("not_found", `This gateway cannot ${name}; is it an older version?`);
      const answer: ControlAnswer = { result: (await operate(services, name, await request.json())) ?? null };
      return Response.json(answer);
    } catch (error) {
      if (!(error instanceof WaygateError)) log.error({ error, action: name }, "a command failed");
      const code = error instanceof WaygateError ? error.code : "internal";
      const answer: ControlAnswer = { fault: { code, sentence: messageOf(error) } };
      return Response.json(answer, { status: 400 });
    }
  };
}
