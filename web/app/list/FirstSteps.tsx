import { client, me, nameOf } from "../state/client";
import { overlay } from "../state/overlays";
import { Icon } from "../shell/Icon";
import { t } from "../words";

/** Has nobody been written to yet? General is there from the beginning. */
export function isBeginner(): boolean {
  return client().chats.value.every((chat) => chat.type === "general");
}

/** What one does first; on a page of its own, or below the list. */
export function FirstSteps({ below = false }: { below?: boolean }) {
  const Heading = below ? "h2" : "h1";
  const self = me();
  if (self === null) return null;
  return (
    <div class="empty first-steps">
      <Heading>{t("first.title", { name: nameOf(self) })}</Heading>
      <p class="quiet">{t("first.hint")}</p>
      <button type="button" class="button button-main" onClick={() => (overlay.value = { kind: "new" })}>
        <Icon name="plus" />
        {t("first.write")}
      </button>
      {self.isAdmin && (
        <button type="button" class="button" onClick={() => (overlay.value = { kind: "invite" })}>
          <Icon name="link" />
          {t("first.invite")}
        </button>
      )}
    </div>
  );
}
