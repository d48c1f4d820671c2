import { client } from "../state/client";
import { t } from "../words";
import { pastTheWorker } from "./service-worker";

/** Something answers in the server's place, and can be seen and answered: a sign-in page of the network, for example. */
export function NotTheServer() {
  if (!client().isForeign.value) return null;
  return (
    <span role="status">
      {t("foreign.text")}{" "}
      <button type="button" class="link-button" onClick={pastTheWorker}>
        {t("foreign.open")}
      </button>
    </span>
  );
}
