/** How many are unread, and how many of them call one by name; as a title begins. */
export function countText(unread: number, mentions: number): string {
  if (unread === 0) return "";
  return mentions > 0 ? `(${unread}, @${mentions}) ` : `(${unread}) `;
}
