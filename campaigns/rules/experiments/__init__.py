"""Experiments: who sees what, how long to run, and what came of it. Pure.

Results may be looked at every day. The interval and the p-value hold at whatever moment somebody looks, because they
come from a mixture sequential probability ratio test (Johari, Koomen, Pekelis and Walsh, "Peeking at A/B Tests", KDD
2017, and "Always Valid Inference", Operations Research 70, 2022), whose interval is the normal-mixture confidence
sequence of Howard, Ramdas, McAuliffe and Sekhon ("Time-uniform, nonparametric, nonasymptotic confidence sequences",
Annals of Statistics 49, 2021). What members did before the experiment takes noise out of it: CUPED (Deng, Xu, Kohavi
and Walker, "Improving the Sensitivity of Online Controlled Experiments", WSDM 2013).
"""

from campaigns.rules.experiments.assigning import HOLDOUT, Variant, assign, problems
from campaigns.rules.experiments.moments import Estimate, Moments, Noisy, difference
from campaigns.rules.experiments.planning import Plan, plan_mean, plan_share
from campaigns.rules.experiments.reading import (
    Direction,
    Guardrail,
    Kind,
    Metric,
    Reading,
    Verdict,
    guard,
    read,
    uneven,
)
from campaigns.rules.experiments.sequences import Interval, always_valid

__all__ = [
    "HOLDOUT",
    "Direction",
    "Estimate",
    "Guardrail",
    "Interval",
    "Kind",
    "Metric",
    "Moments",
    "Noisy",
    "Plan",
    "Reading",
    "Variant",
    "Verdict",
    "always_valid",
    "assign",
    "difference",
    "guard",
    "plan_mean",
    "plan_share",
    "problems",
    "read",
    "uneven",
]
