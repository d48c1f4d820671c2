"""Sockets that wait, that come, and that come back."""

from statistics import median

from .processes import scratch
from .scenarios import READY, Measured, attempt, blast


#: What is to be reached, for the sizes of a full run.
AIMS = {"idle": "≤ 4 KiB", "connect": "≥ 6,000 a second", "back": "≥ 4,000 a second", "back_100": "≥ 1,000 a second"}


def steps(lists, size):
    """Name, arguments of the generator, the lists it reads, and the figures that are shown."""
    folder = lists.folder
    users = ["--users", folder / "any_users"]
    tokens = ["--tokens", folder / "tokens", "--header", "Authorization: Bearer {token}"]
    back = ["--subs", 20, "--rooms", size.returning // 20, "--room-ids", folder / "many", *tokens]
    # A chat of 20 has the numbers 1 to 20 of its members, and those of 120 messages.
    head = 20 + 120

    def resume(missed):
        frame = f'{{"type":"open","chat_id":{{room}},"after":{head - missed}}}'
        mark = ["--done", '"type":"opened"', "--unless", '"more":true', "--count", '"type":"message"']
        return ["connect", *back, "--then", frame, *mark]

    def idle(count):
        return ["idle", "--subs", count, *users, "--settle", 2, "--duration", 3]

    return [
        ("idle", f"{size.idle:,} idle sockets", idle(size.idle), {}),
        ("connect", f"{size.returning:,} come", ["connect", *back], {}),
        ("back", f"{size.returning:,} come back, nothing missed", resume(0), {"counted": 0}),
        ("back_100", f"{size.returning:,} come back, 100 messages missed each", resume(100),
         {"counted": 100 * size.returning}),
    ]


def run_returning(programs, lists, database, size, say):
    """Reports by step. Each step has a server that has just started."""
    reports = {}
    server_kind = Measured("vestnik", programs, lists, database)
    for number in range(min(size.rounds, 3)):
        for key, name, args, expected in steps(lists, size):
            report = attempt(name, say, lambda: run_step(server_kind, key, args, expected))
            if report is not None:
                reports.setdefault(key, []).append(report)
                say(f"{number + 1} {key:15} {report['connects_per_s']} a second")
    return reports


def run_step(server_kind, key, args, expected):
    with scratch() as folder, server_kind.start(folder) as server:
        user = "?user_id={user}" if key == "idle" else ""
        url = f"ws://127.0.0.1:{server.port}/ws{user}"
        settle = [] if key == "idle" else ["--settle", 0]
        more = ["--url", url, "--ready", READY, "--connect-timeout", 300, *settle]
        report = blast(server_kind.programs, server, [*args, *more])
    wrong = {name: report.get(name) for name, value in expected.items() if report.get(name) != value}
    if wrong:
        raise RuntimeError(f"{wrong} instead of {expected}")
    return report


def rows(lists, size, reports):
    """Lines of the table."""
    for key, name, _, _ in steps(lists, size):
        found = reports.get(key)
        if not found:
            continue
        rate = median(report["connects_per_s"] for report in found)
        cpu = median(report["server_cpu_us_per_connect"] for report in found)
        memory = median(report["rss_per_connection_bytes"] for report in found) / 1024
        wait = median(report["ready_us"]["p50"] for report in found) / 1000
        after = found[0].get("up_to_date_us")
        more = f"{median(report['up_to_date_us']['p50'] for report in found) / 1000:.1f}" if after else ""
        yield [name, f"{rate:,.0f}", f"{cpu:,.0f}", f"{wait:.1f}", more, f"{memory:.1f}", AIMS[key]]
