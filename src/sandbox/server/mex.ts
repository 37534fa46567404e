// w:mex, the requests that carry JSON: limits of the account, and channels as far as a client asks for them at start.
import type { World } from "../network/world.ts";
import { child, type Node, node } from "../wire/node.ts";
import type { Answer } from "./iq.ts";
import type { Link } from "./links.ts";

/** What rc14 reads of each answer, by the id of its query. */
const answers: Record<string, object> = {
  "23983697327930364": { xwa2_fetch_account_reachout_timelock: { is_active: false } },
  "24503548349331633": { xwa2_message_capping_info: { capping_status: "NONE", total_quota: 1000, used_quota: 0 } },
};

export function handleMex(world: World, _link: Link, request: Node): Answer {
  const id = child(request, "query")?.attrs.query_id ?? "";
  const data = answers[id];
  if (data === undefined) world.observer.unknownRequest(`w:mex ${id}`);
  return [node("result", {}, Buffer.from(JSON.stringify({ data: data ?? {} })))];
}
