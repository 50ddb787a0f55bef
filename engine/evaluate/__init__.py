"""How right an answer is, judged from outside: customers against known persons, probabilities against the truth."""

from engine.evaluate.calibration import Calibration, Decile, calibration
from engine.evaluate.metrics import Evaluation, MixedCustomer, Scores, evaluate
from engine.evaluate.truth import TRUTH, read_truth

__all__ = [
    "TRUTH",
    "Calibration",
    "Decile",
    "Evaluation",
    "MixedCustomer",
    "Scores",
    "calibration",
    "evaluate",
    "read_truth",
]
