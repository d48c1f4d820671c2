"""The page with tables and plots."""

import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from . import plots, returning
from .scenarios import is_clean, middle

ROOT = Path(__file__).resolve().parents[2]
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


def write(folder, results, size, wanted, lists):
    """Writes `measured.md` and its plots; what was not measured is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    reports = results["reports"]
    pictures(wanted, reports, folder)
    parts = [
        "# Measured beside the floors\n",
        "`load-tests/run` has written this page; [load-tests/README.md](../../load-tests/README.md) says what it measures and how to "
        "repeat it.\n",
        f"{machine()} Medians of {size.rounds} rounds of {size.seconds:g} seconds.\n",
        "## Loads\n",
        against_floors(wanted, reports),
        "![cost](cost.svg)\n\n![throughput](throughput.svg)\n",
        acks_part(results["acks"]),
        "## Sockets\n",
        table(["what", "a second", "µs of CPU each", "ms to `ready` (p50)", "ms from there until up to date (p50)", "KiB of memory each"],
              returning.rows(lists, size, results["returning"])),
        state_part(results["state"]),
        postgres_part(results["postgres"], size),
    ]
    if notes := list(unclean(wanted, reports)):
        parts.append("## Runs not to be trusted\n\n" + "\n".join(f"- {note}" for note in notes) + "\n")
    (folder / "measured.md").write_text("\n".join(part for part in parts if part))


def acks_part(acks):
    return (f"At {acks['rate']:,} messages a second, 30 % of what one message in flight of each sender makes, an ack took "
            f"{figure(acks['acks'])} µs (p50), and a bare commit {figure(acks['bare'])} µs: "
            f"{(acks['acks'] - acks['bare']) / 1000:.2f} ms more.\n")


def state_part(state):
    sizes = list(state)
    names = list(state[sizes[0]])
    head = ["milliseconds (medians)", *(f"{size:,} messages" for size in sizes)]
    return "## State\n\n" + table(head, [[name, *(figure(state[size][name]) for size in sizes)] for name in names])


def postgres_part(results, size):
    if not results:
        return ""
    from statistics import median

    bare, ours = median(results["bare"]), median(results["vestnik"])
    rows = [["bare loop of batched transactions (`pgbench`, the best of three)", figure(bare)],
            [f"Vestnik, {size.senders} chats with 16 messages in flight each", figure(ours)], ["ratio", figure(ours / bare)]]
    return "## Postgres\n\n" + table(["messages a second", ""], rows)
