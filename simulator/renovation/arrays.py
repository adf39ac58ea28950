"""Names of the arrays everything here is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Moments, UTC milliseconds, or other whole numbers.
Whole = NDArray[np.int64]
Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]


def rounded(values: Floats, digits: int) -> Floats:
    """As a display with so many decimals shows it."""
    return np.asarray(np.round(values, digits), dtype=np.float64)
