import { IS_MAC } from "../keys/pressed-key";
import { rowsOfHelp } from "../keys/table";
import { sendKey } from "../state/settings";
import { t } from "../words";
import { Dialog } from "./Dialog";

/** What the keys do. */
export function Help() {
  const rows = rowsOfHelp(sendKey.value, IS_MAC);
  return (
    <Dialog title={t("help.title")}>
      <dl class="keys">
        {rows.map(({ what, keys }) => (
          <div class="keys-row">
            <dt>{t(what)}</dt>
            <dd>
              {keys.map((combination) => (
                <span class="keys-combination">{combination.map((key) => <kbd>{key}</kbd>)}</span>
              ))}
            </dd>
          </div>
        ))}
        <div class="keys-row">
          <dt>{t("help.format")}</dt>
          <dd class="keys-format">
            <code>**b**</code> <code>*i*</code> <code>~~s~~</code> <code>`code`</code> <code>&gt; quote</code> <code>- list</code> <code>```</code>
          </dd>
        </div>
      </dl>
    </Dialog>
  );
}
