"""How soon a message is acknowledged when the server has little to do, beside what a bare commit takes."""

import json
import subprocess
from statistics import median

from .processes import pinned, scratch
from .scenarios import Scenario, run_one

#: Of what the server can take, with one message of each sender in flight.
SHARE = 0.3


def run_acks(programs, vestnik, wanted, reports, size, say):
    """Medians in microseconds: of a bare commit, and of acknowledgements at 30 % of the load."""
    most = median(report["acked_per_s"] for report in reports["sends_1"]["vestnik"])
    sends = next(scenario for scenario in wanted if scenario.key == "sends_1")
    rate = max(1, round(SHARE * most))
    calm = Scenario("acks", sends.name, ("sends", "--rooms", size.senders, "--rate", rate), "first", "ack_us/p50", "µs")
    bare, acks = [], []
    for _ in range(min(size.rounds, 3)):
        with scratch() as folder:
            command = [programs.path("floor"), "commits", "--database", f"{folder}/floor.db", "--seconds", str(size.seconds)]
            done = subprocess.run(pinned(0, command), check=True, capture_output=True, text=True)
            bare.append(json.loads(done.stdout)["p50_us"])
        acks.append(calm.figure(run_one(vestnik, calm, size)))
        say(f"acks at {rate} messages a second: {acks[-1]} µs; a bare commit: {bare[-1]} µs")
    return {"rate": rate, "bare": median(bare), "acks": median(acks)}
