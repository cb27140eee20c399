"""Run every benchmark, each in a process of its own, one after the other."""

import subprocess
import sys

NAMES = ("startup", "sampling", "ballots", "voters", "trial_page", "ensembling", "report", "stability", "many_ballots")

if __name__ == "__main__":
    codes = [subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode for name in NAMES]
    sys.exit(max(codes))
