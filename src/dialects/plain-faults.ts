// Faults as most dialects tell of them: {error, code}. Statuses and codes are each document's own where it has any.
import { type Fault, type FaultCode, statuses, titles } from "../http/faults.ts";
import type { Surface } from "../http/surface.ts";

type Faults = {
  /** The schema's name in the documentation. */
  title: string;
  statuses: Partial<Record<FaultCode, number>>;
  /** What the document calls it; with `error` where it prints the sentence as well. */
  names: Partial<Record<FaultCode, { code: string; error?: string }>>;
};

const type = "application/json";

export function plainFaults({ title, statuses: own, names }: Faults): Pick<Surface, "statusOf" | "tell" | "shape"> {
  const statusOf = (code: FaultCode) => own[code] ?? statuses[code];
  const nameOf = (code: FaultCode) => names[code]?.code ?? code.toUpperCase();

  function tell({ code, named, sentence, quota }: Fault): Response {
    const error = names[code]?.error ?? sentence;
    const counted = quota === null ? {} : { limit: quota.limit, used: quota.used };
    const body = { error, code: named ?? nameOf(code), ...counted };
    return new Response(JSON.stringify(body), { status: statusOf(code), headers: { "content-type": type } });
  }

  return {
    statusOf,
    tell,
    shape: {
      type,
      title,
      schema: {
        type: "object",
        required: ["error", "code"],
        properties: {
          error: { type: "string", description: "A sentence for people about this very case." },
          code: { type: "string", description: "Stable: for programs." },
          limit: { type: "integer", description: "Of a limit that is counted: how much there is." },
          used: { type: "integer", description: "How much of it is gone." },
        },
      },
      example: (code) => ({ error: names[code]?.error ?? `${titles[code]}.`, code: nameOf(code) }),
    },
  };
}
