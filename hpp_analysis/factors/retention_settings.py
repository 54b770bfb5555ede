"""What a retention study was told."""

from __future__ import annotations

from dataclasses import dataclass

from hpp_analysis.options import RetentionRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """What `retain_factors` was told; `reference` and `max_factors` as they were settled."""

    n_sets: int
    quantile: float
    rule: RetentionRule
    reference: str
    alpha: float
    max_factors: int
    correlation: str
    missing: str
    stability: int
    stability_criteria: tuple[str, ...]
    seed: int
