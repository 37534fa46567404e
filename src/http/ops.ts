// For whoever runs the gateway: is it alive, can it work, and its figures.
import { Type } from "@sinclair/typebox";
import { WaygateError } from "../core/errors.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Services } from "../services/services.ts";
import type { Operation } from "./operation.ts";
import { routes } from "./surface.ts";

export type OpsNeeds = { services: Services; operation: Operation; metrics: Metrics; isStopping(): boolean };

const Health = (words: string) =>
  Type.Object({ status: Type.Literal(words) }, { title: words === "ok" ? "Health" : "Readiness" });

export function opsRoutes({ services, operation, metrics, isStopping }: OpsNeeds) {
  return routes()
    .get(
      "/healthz",
      () => ({ status: "ok" as const }),
      operation(
        {
          id: "getHealth",
          summary: "Is it alive",
          description: "Answers as long as the process does. For supervisors that restart what hangs.",
          access: "open",
          faults: ["malformed"],
        },
        { response: { 200: Health("ok") } },
      ),
    )
    .get(
      "/readyz",
      async () => {
        if (isStopping()) throw new WaygateError("unavailable", "Waygate is stopping.");
        await services.system.checkWritable();
        return { status: "ready" as const };
      },
      operation(
        {
          id: "getReadiness",
          summary: "Can it work",
          description: "Answers while the database takes writes and the gateway is not stopping. For load balancers.",
          access: "open",
          faults: ["malformed", "unavailable"],
        },
        { response: { 200: Health("ready") } },
      ),
    )
    .get(
      "/metrics",
      () => new Response(metrics.text(), { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } }),
      operation(
        {
          id: "getMetrics",
          summary: "Figures for Prometheus",
          description:
            "In Prometheus' text format. Needs a key with the scope `admin`, wherever the request comes from.",
          access: "admin",
          types: ["text/plain"],
        },
        {
          response: {
            200: Type.String({ description: "Prometheus text.", examples: ['waygate_info{version="0.1.0"} 1\n'] }),
          },
        },
      ),
    );
}
