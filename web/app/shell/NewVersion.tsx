import { isOutdated } from "../state/build-version";
import { t } from "../words";
import { takeVersion } from "./page-update";

/** The server has a newer page than this one. */
export function NewVersion() {
  if (!isOutdated.value) return null;
  return (
    <section class="banner banner-version" aria-label={t("version.label")}>
      <span role="status">{t("version.there")}</span>
      <button type="button" class="link-button" onClick={takeVersion}>
        {t("version.take")}
      </button>
    </section>
  );
}
