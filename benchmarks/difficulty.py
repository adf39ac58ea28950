"""How hard simulated renovations are: too easy if one sensor tells the stage, too hard if nobody could.

The best rule of one sensor must stay at a macro-F1 of at most 0.5, a reference that was shown what many
sites of the same family emit, and reads each left to right with hindsight, must reach 0.85 to 0.9
(`docs/recording.md`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier

from benchmarks.difficulty_days import LABELS, Floats, Labels, SiteDays, site_days
from benchmarks.report import Figure

_TRAINED: Final = 100
_TESTED: Final = 20
_FIRST_SEED: Final = 20_000
#: A rule a person could say: a few thresholds of one sensor.
_RULE_LEAVES: Final = 12
_LEAST: Final = 1e-3


def measure(trained: int = _TRAINED, tested: int = _TESTED) -> list[Figure]:
    """Simulate, fit, judge on other sites."""
    sites = [site_days(_FIRST_SEED + number) for number in range(trained + tested)]
    known, unknown = sites[:trained], sites[trained:]
    rules = {sensor: _rule(known, unknown, sensor) for sensor in known[0].sensors}
    best = max(rules, key=lambda sensor: rules[sensor])
    boosted = _emissions(known, unknown, SiteDays.so_far)
    emitted = _emissions(known, unknown, SiteDays.with_hindsight)
    oracle = [_left_to_right(site, of_site, known) for site, of_site in zip(unknown, emitted, strict=True)]
    figures = [Figure(f"rule of {sensor} alone, macro-F1", value, "") for sensor, value in rules.items()]
    figures += [
        Figure("best rule of one sensor, macro-F1", rules[best], best, target=0.5, sense="at most"),
        Figure(
            "boosted on what has been so far, macro-F1", _macro_f1(unknown, [e >= 0.5 for e in boosted]), ""
        ),
        Figure("oracle, macro-F1", _macro_f1(unknown, oracle), "", target=0.85),
        Figure("oracle, macro-F1, not above", _macro_f1(unknown, oracle), "", target=0.9, sense="at most"),
    ]
    return figures


def _rule(known: Sequence[SiteDays], unknown: Sequence[SiteDays], sensor: str) -> float:
    """The better of two: a few thresholds on one sensor's figures, or the best one for each stage."""
    figures, labels = (
        np.vstack([site.sensors[sensor] for site in known]),
        np.vstack([site.labels for site in known]),
    )
    tree = DecisionTreeClassifier(max_leaf_nodes=_RULE_LEAVES, min_samples_leaf=20, random_state=0)
    tree.fit(figures, labels)
    cuts = [_best_cut(figures, labels[:, number]) for number in range(len(LABELS))]
    by_tree = [tree.predict(site.sensors[sensor]).astype(bool) for site in unknown]
    by_cuts = [
        np.column_stack([sign * site.sensors[sensor][:, column] >= least for column, sign, least in cuts])
        for site in unknown
    ]
    return max(_macro_f1(unknown, by_tree), _macro_f1(unknown, by_cuts))


def _best_cut(figures: Floats, wanted: Labels) -> tuple[int, int, float]:
    """(figure, sign, least): of all rules `sign * figure >= least` the one with the best F1."""
    best, rule = -1.0, (0, 1, np.inf)
    for column in range(figures.shape[1]):
        for sign in (1, -1):
            values = sign * figures[:, column]
            for least in np.unique(np.quantile(values, np.linspace(0, 0.99, 40))):
                said = values >= least
                value = 2 * float((said & wanted).sum()) / float(said.sum() + wanted.sum())
                if value > best:
                    best, rule = value, (column, sign, float(least))
    return rule


def _emissions(
    known: Sequence[SiteDays], unknown: Sequence[SiteDays], figured: Callable[[SiteDays], Floats]
) -> list[Floats]:
    """For each unknown site the probability of each stage on each day, by a boosted model a stage."""
    figures, labels = np.vstack([figured(site) for site in known]), np.vstack([site.labels for site in known])
    columns = []
    for number in range(len(LABELS)):
        model = HistGradientBoostingClassifier(
            max_iter=150, learning_rate=0.08, max_leaf_nodes=15, l2_regularization=1.0, random_state=0
        )
        model.fit(figures, labels[:, number])
        columns.append([model.predict_proba(figured(site))[:, 1] for site in unknown])
    return [np.column_stack(list(of_site)) for of_site in zip(*columns, strict=True)]


def _left_to_right(site: SiteDays, emitted: Floats, known: Sequence[SiteDays]) -> Labels:
    """Each stage before, at work, pausing, over: forward and backward over the whole site."""
    found = np.zeros_like(site.labels)
    for number, _ in enumerate(LABELS):
        prior = float(np.mean(np.concatenate([other.labels[:, number] for other in known])))
        odds = emitted[:, number] / (1 - emitted[:, number] + _LEAST) * (1 - prior) / max(prior, _LEAST)
        step = _steps([other.labels[:, number] for other in known])
        found[:, number] = _at_work(odds, step) >= 0.5
    return found


def _steps(labels: Sequence[Labels]) -> Floats:
    """Transitions between the four states, counted over known sites."""
    counts = np.full((4, 4), 1e-6)
    for worked in labels:
        if not worked.any():
            continue
        first, last = int(np.argmax(worked)), len(worked) - 1 - int(np.argmax(worked[::-1]))
        state = np.where(worked, 1, 2)
        state[:first], state[last + 1 :] = 0, 3
        np.add.at(counts, (state[:-1], state[1:]), 1)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def _at_work(odds: Floats, step: Floats) -> Floats:
    """Probability of being at work, given every day."""
    seen = np.ones((len(odds), 4))
    seen[:, 1] = odds
    forward, backward = np.empty_like(seen), np.ones_like(seen)
    at = np.array([0.7, 0.3, _LEAST, _LEAST])
    for day, weight in enumerate(seen):
        at = at * weight
        at /= at.sum()
        forward[day] = at
        at = at @ step
    for day in range(len(odds) - 2, -1, -1):
        backward[day] = step @ (seen[day + 1] * backward[day + 1])
        backward[day] /= backward[day].sum()
    both = forward * backward
    return np.asarray(both[:, 1] / both.sum(axis=1))


def _macro_f1(sites: Sequence[SiteDays], found: Sequence[Labels]) -> float:
    truth = np.vstack([site.labels for site in sites])
    return float(f1_score(truth, np.vstack(list(found)), average="macro", zero_division=0))


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(measure(*map(int, sys.argv[1:]))))
