"""The page with tables and plots."""

import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

from . import plots, returning
from .scenarios import is_clean, middle
from .state import AIMS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/performance.md"
PLOTS = ROOT / "docs/performance"
BEGIN = "<!-- load-tests/run writes from here -->"
END = "<!-- to here -->"
NAMES = {"durable": "durable floor", "bare": "bare floor", "vestnik": "Vestnik", "vestnik, TLS": "Vestnik, TLS", "nats": "NATS"}


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def figure(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def machine():
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    git = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    commit = git.stdout.strip() or "an unknown commit"
    when = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (f"{when}, commit `{commit}`, {os.cpu_count()} cores ({model.group(1) if model else platform.machine()}), "
            f"Linux {platform.release()}. Load at the end: {load}.")


def met(scenario, ratio):
    if scenario.goal is None or ratio is None:
        return ""
    word = "≥" if scenario.more_is_better else "≤"
    is_met = ratio >= scenario.goal if scenario.more_is_better else ratio <= scenario.goal
    return f"{word} {scenario.goal}: {'met' if is_met else 'missed'}"


def against_floors(wanted, reports):
    servers = [name for name in NAMES if any(name in reports[scenario.key] for scenario in wanted)]
    rows = []
    for scenario in wanted:
        values = {server: middle(scenario, reports[scenario.key].get(server, [])) for server in servers}
        floor, ours = values.get("durable"), values.get("vestnik")
        ratio = ours / floor if floor and ours else None
        rows.append([scenario.name, scenario.unit, *(figure(values[server]) for server in servers), figure(ratio),
                     met(scenario, ratio)])
    head = ["load", "figure", *(NAMES[server] for server in servers), "Vestnik ÷ durable floor", "aim"]
    return table(head, rows)


def unclean(wanted, reports):
    """Runs in which something was lost, repeated or refused, or the machine was not the test's alone."""
    for scenario in wanted:
        for server, runs in reports[scenario.key].items():
            wrong = sum(not is_clean(run) for run in runs)
            stolen = max(run["stolen_cpu_percent"] or 0 for run in runs)
            busy = max(run["generator_cpu_percent"] or 0 for run in runs)
            if wrong:
                yield f"{scenario.name}, {NAMES[server]}: {wrong} of {len(runs)} runs lost, repeated or refused something."
            if stolen > 5:
                yield f"{scenario.name}, {NAMES[server]}: the hypervisor took {stolen:.0f} % of a core."
            if busy > 95:
                yield f"{scenario.name}, {NAMES[server]}: the generator was busy all the time, so the server may do more."


def pictures(wanted, reports, folder):
    def group(scenario):
        of = reports[scenario.key]
        values = [(server, value) for server in NAMES if (value := middle(scenario, of.get(server, []))) is not None]
        return (scenario.name, scenario.unit, values)

    cost = [group(scenario) for scenario in wanted if not scenario.more_is_better]
    most = [group(scenario) for scenario in wanted if scenario.more_is_better]
    (folder / "cost.svg").write_text(plots.bars("What it costs, and how long it takes (less is better)", cost, NAMES))
    (folder / "throughput.svg").write_text(plots.bars("How much it does (more is better)", most, NAMES))


def page(results, size, wanted, lists, plots_at):
    """Markdown with all tables; the plots are in the folder `plots_at`."""
    reports = results["reports"]
    rounds = f"{size.rounds} rounds" if size.rounds > 1 else "one round"
    parts = [
        f"{machine()} Medians of {rounds} of {size.seconds:g} seconds.\n",
        "**Loads**\n",
        against_floors(wanted, reports),
        f"![What it costs]({plots_at}cost.svg)\n\n![How much it does]({plots_at}throughput.svg)\n",
        tls_part(wanted, reports),
        acks_part(results["acks"]),
        "**Sockets**\n",
        table(["what", "a second", "µs of CPU each", "ms to `ready` (p50)", "ms from there until up to date (p50)", "KiB of memory each",
               "aim"],
              returning.rows(lists, size, results["returning"])),
        state_part(results["state"]),
        postgres_part(results["postgres"]),
    ]
    if notes := list(unclean(wanted, reports)):
        parts.append("**Runs not to be trusted**\n\n" + "\n".join(f"- {note}" for note in notes) + "\n")
    return "\n".join(part for part in parts if part)


def into(text, tables):
    """A page with the tables between its marks."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def write(out, results, size, wanted, lists):
    """Into a folder of its own, or else into the documentation."""
    folder = out or PLOTS
    folder.mkdir(parents=True, exist_ok=True)
    pictures(wanted, results["reports"], folder)
    target = out / "measured.md" if out else PAGE
    if out:
        target.write_text("# Measured beside the floors\n\n" + page(results, size, wanted, lists, ""))
    else:
        target.write_text(into(target.read_text(), page(results, size, wanted, lists, "performance/")))
    return target


def tls_part(wanted, reports):
    """What TLS adds to the first load."""
    first = wanted[0]
    plain, tls = (middle(first, reports[first.key].get(name, [])) for name in ("vestnik", "vestnik, TLS"))
    return f"Over TLS the first load costs {tls / plain:.2f} times as much (aim: ≤ 1.5).\n" if plain and tls else ""


def acks_part(acks):
    if not acks:
        return ""
    return (f"At {acks['rate']:,} messages a second, 30 % of what one message in flight of each sender makes, an ack took "
            f"{figure(acks['acks'])} µs (p50), and a bare commit {figure(acks['bare'])} µs: "
            f"{(acks['acks'] - acks['bare']) / 1000:.2f} ms more.\n")


def state_part(state):
    if not state:
        return ""
    sizes = list(state)
    names = list(state[sizes[0]])
    head = ["milliseconds (medians)", *(f"{size:,} messages" for size in sizes), "aim"]
    rows = [[name, *(figure(values[name]) for values in state.values()), AIMS.get(name, "")] for name in names]
    return "**State**\n\n" + table(head, rows)


def postgres_part(results):
    if not results:
        return ""
    rows = []
    for name, of in results.items():
        bare, ours = median(of["bare"]), median(of["vestnik"])
        rows.append([name, figure(bare), figure(ours), figure(ours / bare)])
    head = ["acknowledged messages a second on Postgres", "bare loop of batched transactions", "Vestnik", "ratio (aim: ≥ 0.7)"]
    return "**Postgres**\n\n" + table(head, rows)
