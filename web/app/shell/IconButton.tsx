import { Icon, type IconName } from "./Icon";

interface Props {
  icon: IconName;
  label: string;
  onClick: (event: MouseEvent) => void;
  pressed?: boolean;
  kind?: string;
  skipTab?: boolean;
  disabled?: boolean;
}

/** A button that is only a sign; its label is read aloud and shown under the pointer. */
export function IconButton({ icon, label, onClick, pressed, kind = "", skipTab = false, disabled = false }: Props) {
  return (
    <button
      type="button"
      class={`icon-button ${kind}`}
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      tabIndex={skipTab ? -1 : undefined}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
