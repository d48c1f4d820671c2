import { sendKey } from "../state/settings";
import { t, type Key } from "../words";
import { Dialog } from "./Dialog";

export const MOD = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

/** What the keys do. */
export function Help() {
  const isEnter = sendKey.value === "enter";
  const keys: [Key, string[][]][] = [
    ["help.switcher", [[MOD, "K"]]],
    ["help.next", [["Alt", "↓"], ["Alt", "↑"]]],
    ["help.nextUnread", [["Alt", "Shift", "↓"], ["Alt", "Shift", "↑"]]],
    ["help.send", [isEnter ? ["Enter"] : [MOD, "Enter"]]],
    ["help.newLine", [isEnter ? ["Shift", "Enter"] : ["Enter"]]],
    ["help.editLast", [["↑"]]],
    ["help.mention", [["@"]]],
    ["help.emoji", [[":"]]],
    ["help.messages", [["Shift", "Tab"], ["↑"], ["↓"]]],
    ["help.menu", [["Enter"]]],
    ["help.reply", [["R"]]],
    ["help.react", [["+"]]],
    ["help.escape", [["Esc"]]],
    ["help.help", [["?"]]],
  ];
  return (
    <Dialog title={t("help.title")}>
      <dl class="keys">
        {keys.map(([what, combinations]) => (
          <div class="keys-row">
            <dt>{t(what)}</dt>
            <dd>
              {combinations.map((combination) => (
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
