// /api/v1/invites: invitations for new accounts; the admin's.
import { type Static, Type } from "@sinclair/typebox";
import { Email, Role } from "../../core/account.ts";
import { isoTime } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { type Invite, inviteStatus } from "../../core/invite.ts";
import { callerOf } from "../call.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import {
  Id,
  IdOrNull,
  idParameter,
  listOf,
  NoContent,
  PageParameters,
  readId,
  readPage,
  readTime,
  showPage,
  strict,
  Time,
  TimeInput,
  TimeOrNull,
} from "./shapes.ts";

const fields = {
  id: Id("invite", "The invitation's id."),
  status: Type.Union([Type.Literal("open"), Type.Literal("used"), Type.Literal("revoked"), Type.Literal("expired")]),
  email: Type.Union([Type.String(), Type.Null()], {
    description: "If set, only for this address.",
    examples: ["ada@example.org"],
  }),
  role: Role,
  plan: Type.String({ examples: ["free"] }),
  created_at: Time("When it was made."),
  expires_at: Time("When it ends by itself."),
  revoked_at: TimeOrNull("When it was revoked."),
  used_at: TimeOrNull("When it was used."),
  account_id: IdOrNull("account", "The account that was made with it."),
};
const InviteJson = Type.Object(fields, { title: "Invite" });
const CreatedInviteJson = Type.Object(
  {
    ...fields,
    token: Type.String({
      description: "Goes into `invite` of a registration. It is shown this once.",
      examples: ["wg_inv_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5"],
    }),
  },
  { title: "CreatedInvite" },
);
const NewInvite = Type.Object(
  {
    email: Type.Optional(
      Type.Union([Email, Type.Null()], { description: "Only for whoever registers with this address." }),
    ),
    role: Type.Optional(Role),
    plan: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: "The name of a plan; `free` by default." }),
    ),
    expires_at: Type.Optional(TimeInput("When it ends; after seven days by default.")),
  },
  { ...strict, title: "NewInvite", examples: [{ email: "ada@example.org", plan: "pro" }] },
);

export function inviteRoutes({ services, operation }: Resource) {
  const { invites, ids, clock } = services;
  const params = idParameter("invite", "invitation");
  const show = (invite: Invite) => inviteJson(invite, ids, clock.now());

  return routes()
    .get(
      "/invites",
      async ({ query }) => showPage(await invites.list(readPage(query, ids, "invite")), ids, "invite", show),
      operation(
        {
          id: "listInvites",
          summary: "List invitations",
          description: "Every invitation, newest first, those that ended included.",
          access: "admin",
        },
        { query: PageParameters, response: { 200: listOf(InviteJson, "InviteList") } },
      ),
    )
    .post(
      "/invites",
      async ({ body, call, status }) => {
        const expiresAt = body.expires_at === undefined ? undefined : readTime(body.expires_at, "/expires_at");
        const { invite, token } = await invites.create({ ...body, expiresAt }, callerOf(call));
        return status(201, { ...show(invite), token });
      },
      operation(
        {
          id: "createInvite",
          summary: "Invite somebody",
          description: "Makes an invitation that is good for one account, with this role and on this plan.",
          access: "admin",
        },
        { body: NewInvite, response: { 201: CreatedInviteJson } },
      ),
    )
    .delete(
      "/invites/:id",
      async ({ params, call, set }) => {
        await invites.revoke(readId(ids, "invite", params.id), callerOf(call));
        set.status = 204;
      },
      operation(
        {
          id: "revokeInvite",
          summary: "Revoke an invitation",
          description: "It can no longer be used. One that was used stays as it is.",
          access: "admin",
          faults: ["not_found"],
        },
        { params, response: { 204: NoContent } },
      ),
    );
}

function inviteJson(invite: Invite, ids: Ids, now: number): Static<typeof InviteJson> {
  return {
    id: ids.show("invite", invite.id),
    status: inviteStatus(invite, now),
    email: invite.email,
    role: invite.role,
    plan: invite.planName,
    created_at: isoTime(invite.createdAt),
    expires_at: isoTime(invite.expiresAt),
    revoked_at: isoTime(invite.revokedAt),
    used_at: isoTime(invite.usedAt),
    account_id: invite.usedBy === null ? null : ids.show("account", invite.usedBy),
  };
}
