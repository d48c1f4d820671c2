import { reportFailure } from "../chat/actions";
import { Dialog } from "../dialog/Dialog";
import { client, me } from "../state/client";
import { showList } from "../state/route";
import { ask, overlay, wasTurnedOut } from "../state/overlays";
import { Icon } from "../shell/Icon";
import { t } from "../words";
import { Devices } from "./Devices";
import { InviteSection } from "./Invite";
import { Appearance } from "./Appearance";
import { Notifications } from "./Notifications";
import { Profile } from "./Profile";

export function Settings() {
  const self = me();
  if (self === null) return null;
  return (
    <Dialog title={t("settings.title")} kind="dialog-settings">
      <Profile me={self} />
      <Appearance />
      <Notifications />
      {self.isAdmin && <InviteSection />}
      <Devices />
      <section class="settings-section settings-end">
        <button type="button" class="row-button" onClick={() => (overlay.value = { kind: "help" })}>
          <Icon name="gear" />
          {t("settings.help")}
        </button>
        <button type="button" class="row-button danger" onClick={signOut}>
          <Icon name="leave" />
          {t("settings.signOut")}
        </button>
        <p class="quiet settings-version">{t("settings.version", { version: client().about.value?.version ?? "" })}</p>
      </section>
    </Dialog>
  );
}

function signOut(): void {
  const leave = async () => {
    if (!(await reportFailure(client().signOut()))) return;
    wasTurnedOut.value = false;
    showList();
  };
  const waiting = client().waiting.peek();
  if (waiting === 0) void leave();
  else ask({ title: t("settings.signOutTitle"), body: t("settings.signOutBody", { n: waiting }), action: t("settings.signOut"), run: () => void leave() });
}
