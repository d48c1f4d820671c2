"""Bars, as SVG by hand: readable on light and dark pages, without a script or a font of their own."""

from html import escape

WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 820, 300, 160, 16, 4, 44
COLOURS = {"vestnik": "#2f6fde", "vestnik, TLS": "#7ba5ee", "durable": "#8a8f98", "bare": "#c3c7cd", "nats": "#3aa675"}


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def text(x, y, what, anchor="start", weight="normal"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-weight="{weight}">{escape(what)}</text>'


def bars(title, groups, names):
    """Groups of (name, unit, [(server, value)]); each group has a scale of its own. `names` has what a server is called."""
    parts, y = [text(0, 20, title, weight="bold")], TOP
    room = WIDTH - LEFT - RIGHT
    for name, unit, values in groups:
        most = max((value for _, value in values), default=0) or 1
        parts.append(text(0, y + 12, name))
        parts.append(f'<g opacity="0.7">{text(0, y + 28, unit)}</g>')
        for server, value in values:
            width = max(1.0, room * value / most)
            colour = COLOURS.get(server, "#999")
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" fill="{colour}"/>')
            parts.append(text(LEFT + width + 6, y + 12, f"{number(value)} {names[server]}"))
            y += BAR + GAP
        y = max(y, y + 2 * (BAR + GAP) - len(values) * (BAR + GAP)) + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img" '
        f'aria-label="{escape(title)}"><style>text{{font:12px system-ui,sans-serif;fill:#24292f}}'
        f"@media (prefers-color-scheme:dark){{text{{fill:#e6edf3}}}}</style>{''.join(parts)}</svg>\n"
    )
