import { client, me, nameOf } from "../state/client";
import { overlay } from "../state/ui";
import { Icon } from "../shell/Icon";
import { t } from "../words";

/** Has nobody been written to yet? General is there from the beginning. */
export function isBeginner(): boolean {
  return client().chats.value.every((chat) => chat.type === "general");
}

/** What one does first. */
export function FirstSteps() {
  const self = me();
  if (self === null) return null;
  return (
    <div class="empty first-steps">
      <h2>{t("first.title", { name: nameOf(self) })}</h2>
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
