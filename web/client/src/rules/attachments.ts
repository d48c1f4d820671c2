/** The files of a message, as the server tells of them. */
import type { Attachment } from "../message-api.ts";
import { count, integer, isRecord, maybe, orNull, shape, text, type Shape } from "../value-checks.ts";

type Body = Pick<Attachment, "id" | "name" | "size" | "type"> & Partial<Attachment>;

const attachment: Shape<Body> = shape<Body>({
  id: integer,
  name: text,
  size: count,
  type: text,
  width: maybe(orNull(count)),
  height: maybe(orNull(count)),
  thumbhash: maybe(orNull(text)),
});

/** Those of a message; what is not told of as a file is none. */
export function attachmentsIn(body: object): Attachment[] {
  const told: unknown = isRecord(body) ? body["attachments"] : undefined;
  return Array.isArray(told) ? (told.filter(attachment) as Body[]).map(toAttachment) : [];
}

function toAttachment({ id, name, size, type, width = null, height = null, thumbhash = null }: Body): Attachment {
  const isSized = width !== null && height !== null && width > 0 && height > 0;
  return { id, name, size, type, width: isSized ? width : null, height: isSized ? height : null, thumbhash };
}

/** What a message says in a line: its text, or what its files are called. */
export function lineOf(body: { content: string }): string {
  return body.content !== "" ? body.content : attachmentsIn(body).map(({ name }) => name).join(", ");
}
