/** A block of code: its language, its text, and a button that copies it. */
import { copy } from "../chat/actions";
import { IconButton } from "../shell/IconButton";
import { t } from "../words";

export function CodeBlock({ code, info }: { code: string; info: string }) {
  return (
    <div class="code-block" dir="ltr">
      {info !== "" && <span class="code-info">{info}</span>}
      {/* Wide code scrolls, and what scrolls must be reachable by keyboard. */}
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
      <IconButton icon="copy" label={t("message.copyCode")} onClick={() => void copy(code)} skipTab />
    </div>
  );
}
