import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { onKeys } from "../keys/pressed-key";
import { language } from "../state/settings";
import { EMOJI } from "../text/emoji";
import { t } from "../words";
import { Icon } from "./Icon";
import { closePopover, placed, popover, type MenuItem, type Popover } from "./popover";

export function PopoverHost() {
  const open = popover.value;
  return open === null ? null : <Sheet open={open} />;
}

function Sheet({ open }: { open: Popover }) {
  const sheet = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = sheet.current;
    if (element === null) return;
    const { left, top } = placed(open.at, element.offsetWidth, element.offsetHeight);
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
    element.querySelector("button")?.focus();
  }, [open]);
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      if (!sheet.current?.contains(event.target as Node)) closePopover(false);
    };
    const away = () => closePopover(false);
    addEventListener("pointerdown", outside, true);
    addEventListener("resize", away);
    return () => {
      removeEventListener("pointerdown", outside, true);
      removeEventListener("resize", away);
    };
  }, []);
  const onKeyDown = onKeys((event) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      closePopover();
    } else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") {
      event.preventDefault();
      event.stopPropagation();
      move(sheet.current, event.key, open.kind === "emoji" ? 8 : 1);
    }
  });
  return (
    <div
      ref={sheet}
      class={`popover popover-${open.kind}`}
      role={open.kind === "menu" ? "menu" : "dialog"}
      aria-label={open.kind === "menu" ? open.label : t("emoji.label")}
      onKeyDown={onKeyDown}
    >
      {open.kind === "menu" ? open.items.map((item) => <Item item={item} />) : <EmojiSheet pick={open.pick} />}
    </div>
  );
}

function Item({ item }: { item: MenuItem }) {
  const choose = () => {
    closePopover();
    item.run();
  };
  return (
    <button type="button" role="menuitem" tabIndex={-1} class={item.danger ? "menu-item danger" : "menu-item"} onClick={choose}>
      <Icon name={item.icon} />
      {item.label}
    </button>
  );
}

function EmojiSheet({ pick }: { pick: (emoji: string) => void }) {
  return (
    <>
      {EMOJI.map(({ name, char }) => (
        <button
          type="button"
          class="emoji-choice"
          tabIndex={-1}
          // The names are English ones; in other languages a reader has its own for the sign.
          aria-label={language.value === "en" ? name.replaceAll("_", " ") : char}
          title={`:${name}:`}
          onClick={() => {
            closePopover();
            pick(char);
          }}
        >
          {char}
        </button>
      ))}
    </>
  );
}

/** The focus goes by one, or by a row. */
function move(sheet: HTMLElement | null, key: string, columns: number): void {
  const buttons = [...(sheet?.querySelectorAll("button") ?? [])];
  const at = buttons.findIndex((button) => button === document.activeElement);
  const steps: Record<string, number> = { ArrowDown: columns, ArrowUp: -columns, ArrowRight: 1, ArrowLeft: -1 };
  const last = buttons.length - 1;
  const step = steps[key];
  const next = key === "Home" ? 0 : key === "End" ? last : at + (step ?? 0);
  const around = columns === 1 ? (next + buttons.length) % buttons.length : Math.min(Math.max(next, 0), last);
  buttons[around]?.focus();
}
