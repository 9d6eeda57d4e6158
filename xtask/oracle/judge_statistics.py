"""Goldens of ml_judge::stats: what scipy, statsmodels and krippendorff make of small samples and of labelled answers.

Resampled values are made with the crate's own generator, so that the numbers must agree to the last digits.
"""

import csv
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import krippendorff
import numpy as np
from scipy import optimize, stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats import contingency_tables, inter_rater, multitest, power, proportion

from _xoshiro import Random

GOLDEN = Path("crates/ml-judge/tests/golden/statistics.json")
GOLD = "gold-pyrit-1.1.0"
CONFIDENCES = (0.9, 0.95, 0.99)


def quarters(seed, count, below=5):
    """Multiples of a quarter: their sums are exact in any order."""
    random = Random(seed)
    return [random.below(below) / 4 for _ in range(count)]


def wilson():
    pairs = [(0, 1), (1, 1), (0, 50), (50, 50), (1, 3), (7, 10), (81, 100), (12, 105), (99_990, 100_000)]
    cases = []
    for successes, n in pairs:
        for confidence in CONFIDENCES:
            low, high = proportion.proportion_confint(successes, n, 1 - confidence, "wilson")
            cases.append({"successes": successes, "n": n, "confidence": confidence, "low": low, "high": high})
    return cases


def mcnemar():
    cases = []
    for first, second in [(0, 0), (0, 1), (1, 0), (3, 3), (0, 6), (2, 9), (25, 12), (400, 470), (50_000, 50_700)]:
        differing = first + second
        exact = contingency_tables.mcnemar([[0, first], [second, 0]], exact=True).pvalue if differing else 1.0
        just = stats.binom.pmf(min(first, second), differing, 0.5)
        mid = 1 - just / 2 if first == second else 2 * stats.binom.cdf(min(first, second), differing, 0.5) - just
        if not differing:
            mid = 1.0
        cases.append({"first": first, "second": second, "exact": min(exact, 1.0), "mid": mid})
    return cases


def holm():
    cases = []
    for values in [[0.04], [0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.02, 1.0, 0.0], [0.011, 0.02, 0.02, 0.9]]:
        adjusted = multitest.multipletests(values, method="holm")[1]
        cases.append({"p": values, "adjusted": adjusted.tolist()})
    return cases


def bca(data, distribution, statistic, confidence):
    """scipy's interval of replicates that were drawn elsewhere."""
    done = SimpleNamespace(bootstrap_distribution=np.asarray(distribution))
    found = stats.bootstrap(
        data, statistic, n_resamples=0, bootstrap_result=done, method="BCa", confidence_level=confidence, paired=True
    )
    return {"low": found.confidence_interval.low, "high": found.confidence_interval.high}


def bootstrap_means():
    cases = []
    for seed, count, resamples in [(1, 8, 999), (2, 30, 999), (3, 100, 500)]:
        values = quarters(seed, count)
        random = Random(seed)
        means = [np.mean([values[random.below(count)] for _ in range(count)]) for _ in range(resamples)]
        for confidence in CONFIDENCES:
            interval = bca((values,), means, np.mean, confidence)
            case = {"values": values, "seed": seed, "resamples": resamples, "confidence": confidence}
            cases.append(case | {"mean": np.mean(values)} | interval)
    return cases


def clustered_means():
    cases = []
    for seed, clusters, resamples in [(4, 9, 999), (5, 40, 500)]:
        random = Random(seed + 100)
        sizes = [1 + random.below(4) for _ in range(clusters)]
        values = [quarters(seed * 1000 + at, size) for at, size in enumerate(sizes)]
        sums = np.array([sum(cluster) for cluster in values])
        sizes = np.array(sizes)

        def ratio(sums, sizes, axis=-1):
            return np.sum(sums, axis=axis) / np.sum(sizes, axis=axis)

        random = Random(seed)
        draws = [[random.below(clusters) for _ in range(clusters)] for _ in range(resamples)]
        means = [ratio(sums[draw], sizes[draw]) for draw in draws]
        interval = bca((sums, sizes), means, ratio, 0.95)
        flat, groups = np.concatenate(values), np.repeat(np.arange(clusters), sizes)
        model = OLS(flat, np.ones(len(flat))).fit(cov_type="cluster", cov_kwds={"groups": groups})
        case = {"clusters": values, "seed": seed, "resamples": resamples, "mean": ratio(sums, sizes)}
        case["error"] = model.bse[0]
        cases.append(case | interval)
    return cases


def paired():
    cases = []
    for seed, count in [(6, 5), (7, 12), (8, 60), (9, 200)]:
        first, second = quarters(seed, count), quarters(seed + 50, count, 6)
        differences = np.subtract(second, first)
        random = Random(seed)
        resamples = 999
        means = [np.mean([differences[random.below(count)] for _ in range(count)]) for _ in range(resamples)]
        interval = bca((differences,), means, np.mean, 0.95)
        side = min(sum(mean <= 0 for mean in means), sum(mean >= 0 for mean in means))
        changed = differences[differences != 0]
        if len(changed) <= 16:
            test = stats.permutation_test(
                (second, first), lambda x, y: np.mean(np.subtract(x, y)), permutation_type="samples", n_resamples=np.inf
            )
            p = test.pvalue
        else:
            random = Random(seed)
            extreme = sum(abs(flipped(random, changed)) >= abs(changed.sum()) for _ in range(resamples))
            p = (extreme + 1) / (resamples + 1)
        cases.append(
            {
                "first": first,
                "second": second,
                "seed": seed,
                "resamples": resamples,
                "difference": np.mean(differences),
                "bootstrap_p": min(1.0, 2 * (side + 1) / (resamples + 1)),
                "permutation_p": p,
                "t_p": stats.ttest_rel(second, first).pvalue,
                "d": np.mean(differences) / np.std(differences, ddof=1),
                "cliffs_delta": 2 * stats.mannwhitneyu(second, first).statistic / (count * count) - 1,
                "absolute_error": np.mean(np.abs(differences)),
            }
            | interval
        )
    return cases


def flipped(random, differences):
    total = 0.0
    for at, difference in enumerate(differences):
        if at % 64 == 0:
            signs = random.bits()
        total += -difference if signs >> (at % 64) & 1 else difference
    return total


def cohens_h():
    pairs = [(0.0, 1.0), (0.5, 0.5), (0.2, 0.35), (0.9, 0.75)]
    return [{"first": a, "second": b, "h": proportion.proportion_effectsize(b, a)} for a, b in pairs]


def detectable_means():
    """TTestPower of statsmodels, but for the other tail, which scipy cannot compute where it is nearly empty."""
    cases = []
    for n in (2, 3, 5, 20, 105, 1_000, 50_000):
        for alpha, wanted in [(0.05, 0.8), (0.01, 0.9), (0.1, 0.5)]:
            critical = stats.t.isf(alpha / 2, n - 1)

            def lacking(d):
                other = np.nan_to_num(stats.nct.cdf(-critical, n - 1, d * np.sqrt(n)))
                return stats.nct.sf(critical, n - 1, d * np.sqrt(n)) + other - wanted

            if n == 20:
                found = power.TTestPower().solve_power(nobs=n, alpha=alpha, power=wanted)
                assert abs(lacking(found)) < 1e-5
            d = optimize.brentq(lacking, 1e-4, 3 * critical / np.sqrt(n) + 3, xtol=1e-13)
            cases.append({"n": n, "alpha": alpha, "power": wanted, "d": d})
    return cases


def detectable_proportions():
    """Connor's formula for the number of pairs, solved for the difference."""
    cases = []
    for n in (50, 105, 1_000, 100_000):
        for discordant in (0.02, 0.2, 0.6):
            for alpha, wanted in [(0.05, 0.8), (0.01, 0.9), (0.1, 0.3)]:

                def pairs(d):
                    no_alarm = stats.norm.isf(alpha / 2) * np.sqrt(discordant)
                    return ((no_alarm + stats.norm.ppf(wanted) * np.sqrt(discordant - d * d)) / d) ** 2

                most = min(discordant, np.sqrt(discordant))
                found = pairs(most) <= n
                d = optimize.brentq(lambda d: pairs(d) - n, 1e-9, most, xtol=1e-15) if found else None
                cases.append({"n": n, "discordant": discordant, "alpha": alpha, "power": wanted, "difference": d})
    return cases


def kappa():
    cases = []
    for seed, count, categories in [(10, 20, 2), (11, 60, 4), (12, 200, 7)]:
        random = Random(seed)
        pairs = []
        for _ in range(count):
            first = random.below(categories)
            pairs.append((first, first if random.below(2) else random.below(categories)))
        table = np.zeros((categories, categories))
        for pair in pairs:
            table[pair] += 1
        for weights in (None, "linear", "quadratic"):
            found = inter_rater.cohens_kappa(table, wt=weights, return_results=False)
            cases.append({"pairs": pairs, "weights": weights or "none", "kappa": found})
    return cases


def resampled(items, statistic, seed, resamples):
    """The interval of a statistic of indices, from the generator's own draws."""
    random = Random(seed)
    draws = [[random.below(items) for _ in range(items)] for _ in range(resamples)]
    values = [statistic(np.array(draw)) for draw in draws]
    return {"seed": seed, "resamples": resamples} | bca((np.arange(items),), values, statistic, 0.95)


def alpha():
    """The first sample is Krippendorff's (2011, part C); the values of the others lie at uneven distances."""
    missing = None
    data = [
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, missing, missing, missing],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, missing, 3],
            [missing, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, missing],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, missing],
        ]
    ]
    for seed, raters, items in [(13, 2, 15), (14, 3, 40)]:
        random = Random(seed)
        truth = [random.below(6) ** 2 / 8 - 1 for _ in range(items)]
        rater = lambda: [t if random.below(3) else random.below(6) ** 2 / 8 - 1 for t in truth]
        data.append([[v if random.below(5) else None for v in rater()] for _ in range(raters)])
    cases = [{"raters": raters} | alphas(raters) for raters in data]
    table = np.array(data[-1], float)
    table = table[:, np.sum(~np.isnan(table), axis=0) > 1]
    statistic = lambda drawn: krippendorff.alpha(table[:, drawn], level_of_measurement="interval")
    cases[-1]["of_interval"] = resampled(table.shape[1], statistic, 15, 300)
    return cases


def alphas(raters):
    table = np.array([[np.nan if value is None else value for value in rater] for rater in raters], float)
    return {level: krippendorff.alpha(table, level_of_measurement=level) for level in ("nominal", "ordinal", "interval")}


def labelled():
    """The agreement of the people who labelled PyRIT's answers."""
    found = {}
    for name in ("hate_speech_multi_score", "violence_multi_score"):
        path = Path(os.environ["ML_CACHE"]) / GOLD / f"{name}.csv"
        with path.open(newline="", encoding="utf-8") as file:
            next(file)
            rows = list(csv.DictReader(file))
        raters = [[float(row[f"human_score_{rater}"]) for row in rows] for rater in (1, 2, 3)]
        found[name] = {"items": len(rows)} | alphas(raters) | {"as_judge": as_judge(*map(np.array, raters))}
    return found


def as_judge(judge, second, third):
    """The first rater beside the mean of the others and, in order, beside the second."""
    mean = (second + third) / 2
    codes = np.unique([judge, second], return_inverse=True)[1].reshape(2, -1)
    table = np.zeros((codes.max() + 1,) * 2)
    np.add.at(table, (codes[1], codes[0]), 1)
    return {
        "interval": krippendorff.alpha([judge, mean], level_of_measurement="interval"),
        "absolute_error": np.mean(np.abs(judge - mean)),
        "ordinal": krippendorff.alpha([judge, second], level_of_measurement="ordinal"),
        "kappa": inter_rater.cohens_kappa(table, wt="quadratic", return_results=False),
        "accuracy": np.mean(judge == second),
    }


def random():
    generator = Random(7)
    return {"bits": [str(generator.bits()) for _ in range(4)], "below": [generator.below(10) for _ in range(20)]}


def main(root):
    makers = (
        random, wilson, mcnemar, holm, bootstrap_means, clustered_means, paired, cohens_h, detectable_means,
        detectable_proportions, kappa, alpha, labelled,
    )
    golden = {maker.__name__: maker() for maker in makers}
    path = root / GOLDEN
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written(golden))


def written(golden):
    """JSON with a line for every case, so that a change shows which."""
    sections = []
    for name, cases in golden.items():
        if isinstance(cases, list):
            lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
            sections.append(f"{json.dumps(name)}: [\n{lines}\n]")
        else:
            sections.append(f"{json.dumps(name)}: {json.dumps(cases, allow_nan=False)}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
