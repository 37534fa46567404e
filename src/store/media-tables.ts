// The tables of files that belong to no message: what was brought to be sent, and what is to be taken off the disk.
import { count, millis, reference, rowId, table, words } from "./columns.ts";

export const uploads = table("uploads", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  path: words("path").notNull(),
  bytes: count("bytes").notNull(),
  mimeType: words("mime_type").notNull(),
  fileName: words("file_name"),
  sha256: words("sha256").notNull(),
  createdAt: millis("created_at").notNull(),
  expiresAt: millis("expires_at").notNull(),
});

export const doomedFiles = table("doomed_files", { path: words("path").notNull() });
