/** The sign of Vestnik: a call that goes out. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect class="logo-ground" width="64" height="64" rx="16" />
      <path class="logo-sign" d="M16 20l14 26a2.3 2.3 0 0 0 4 0l14-26" />
      <path class="logo-sign" d="M27 20l5 10 5-10" />
    </svg>
  );
}
