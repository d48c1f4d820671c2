/** Signs drawn with a pen of one width. */
const PATHS = {
  back: "M15 5l-7 7 7 7",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5h4",
  check: "M5 12.5l4.5 4.5L19 7",
  clip: "M8.5 12.5l5.6-5.6a2.9 2.9 0 0 1 4.1 4.1l-7.4 7.4a4.8 4.8 0 0 1-6.8-6.8l7-7",
  clock: "M12 7.5V12l3 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v11H9zM6 15H5V4h10v2",
  device: "M4 5h16v11H4zM9 20h6M12 16v4",
  download: "M12 4v11M7 10.5l5 5 5-5M5 19.5h14",
  down: "M12 5v13M6 12.5l6 6 6-6",
  edit: "M5 19l.8-4L16.5 4.3a1.7 1.7 0 0 1 2.4 0l.8.8a1.7 1.7 0 0 1 0 2.4L9 18.2z",
  emoji: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM8.5 14s1.2 2 3.5 2 3.5-2 3.5-2M9 9.5v.1M15 9.5v.1",
  failed: "M12 7.5V13M12 16.3v.1M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z",
  file: "M6.5 3.5h7l4 4v13h-11zM13.5 3.5v4h4",
  forward: "M9 5l7 7-7 7",
  gear: "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4",
  group: "M9 11a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 9 11zM3.5 19c0-3 2.4-5 5.5-5s5.5 2 5.5 5M15.5 5a3 3 0 0 1 0 5.8M17 14.3c2.2.6 3.5 2.3 3.5 4.7",
  leave: "M14 5H5v14h9M10 12h10M17 9l3 3-3 3",
  link: "M10 14a3.5 3.5 0 0 0 5 0l3-3a3.5 3.5 0 0 0-5-5l-1 1M14 10a3.5 3.5 0 0 0-5 0l-3 3a3.5 3.5 0 0 0 5 5l1-1",
  more: "M6 12v.1M12 12v.1M18 12v.1",
  mute: "M6 16V11a6 6 0 0 1 9-5.2M18 10.5V16l1.5 2H8M4 4l16 16M10 20.5h4",
  panel: "M4 5h16v14H4zM14.5 5v14",
  pin: "M9 4h6l-.7 6.2L17 13v1.5H7V13l2.7-2.8zM12 14.5V20",
  plus: "M12 5v14M5 12h14",
  reply: "M10 6l-6 6 6 6M4 12h9c4 0 7 2 7 6",
  search: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l5 5",
  send: "M4.5 12L4 5l17 7-17 7 .5-7zm0 0H12",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7",
  up: "M12 19V6M6 11.5l6-6 6 6",
  zoomIn: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l5 5M8 10.5h5M10.5 8v5",
  zoomOut: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l5 5M8 10.5h5",
  unread: "M4 6h11M4 6v12h16V11M4 6l8 6.5 2-1.5M19 6.5v.1",
} as const;

export type IconName = keyof typeof PATHS;

/** With a `label` it says something that no text beside it does. */
export function Icon({ name, label }: { name: IconName; label?: string }) {
  const aloud = label === undefined ? ({ "aria-hidden": true } as const) : ({ role: "img", "aria-label": label } as const);
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" focusable="false" {...aloud}>
      {label !== undefined && <title>{label}</title>}
      <path d={PATHS[name]} />
    </svg>
  );
}
