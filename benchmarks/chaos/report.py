"""What a run found, for people."""

from __future__ import annotations

from benchmarks.chaos.plan import KINDS
from benchmarks.chaos.run import Outcome


def table(outcome: Outcome, recovery_limit_s: float) -> str:
    """One line a figure."""
    verdict = outcome.verdict
    rows = [
        ("produced", verdict.produced, "readings the devices sent"),
        ("stored", verdict.stored, "of them, each counted once"),
        ("lost", verdict.lost, "must be 0"),
        ("doubled", verdict.doubled, "must be 0"),
        ("from nowhere", verdict.unknown, "must be 0: stored and never sent"),
        ("dropped and counted", verdict.dropped, "missing, covered by what the agents' status counts"),
        ("quarantined", verdict.quarantined, "kept with their reason, not in the store"),
        (
            "not yet taken",
            verdict.untaken,
            "on the line or being gathered when their agent was killed or frozen",
        ),
        ("resent", outcome.resent, "batches sent once more, in another order"),
    ]
    lines = [f"  {name:<22}{value:>10,}  {what}" for name, value, what in rows]
    lines += ["", f"  {'fault':<22}{'times':>10}  longest recovery, s"]
    for kind in KINDS:
        if outcome.faults[kind]:
            slow = "" if outcome.recovery_s[kind] <= recovery_limit_s else "  TOO SLOW"
            lines.append(f"  {kind:<22}{outcome.faults[kind]:>10}  {outcome.recovery_s[kind]:.1f}{slow}")
    lines.append(
        f"\n  longest recovery      {outcome.longest_s:>10.1f}  s, must be at most {recovery_limit_s:g}"
    )
    lines.append(f"  after                 {outcome.worst}")
    lines += [f"  {name} ended with {code}" for name, code in outcome.exits.items() if code != 0]
    lines += [f"  ended by itself, started again: {line}" for line in outcome.ended]
    lines += [f"  {line}" for line in verdict.details]
    lines.append(f"\n  {'GOOD' if outcome.good(recovery_limit_s) else 'BAD'} after {outcome.seconds:.0f} s")
    return "\n".join(lines)
