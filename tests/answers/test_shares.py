"""Shares per group: each partnership or each rating counts equally."""

import numpy as np
import pytest

from hpp_analysis.answers.shares import shares_of


def test_a_share_weighs_partnerships_or_ratings(two_partners) -> None:
    high = two_partners.items[["ope1"]] >= 7
    everybody = high.notna()
    shares = shares_of(two_partners, high, everybody, ("side",))
    assert shares.groups == (("client",), ("partner",))
    # client: A 2 of 2, B 1 of 6; partner: A 1 of 2, B 1 of 6
    assert shares.share[:, 0].tolist() == pytest.approx([(1 + 1 / 6) / 2, (1 / 2 + 1 / 6) / 2])
    assert shares.n_persons[:, 0].tolist() == [8, 8]
    assert shares.n_effective[:, 0].tolist() == pytest.approx([1 / (1 / 4 / 2 + 1 / 4 / 6)] * 2)
    by_rating = shares_of(two_partners, high, everybody, ("side",), weight="respondent")
    assert by_rating.share[:, 0].tolist() == pytest.approx([3 / 8, 2 / 8])
    nobody = shares_of(two_partners, high, ~everybody, ())
    assert np.isnan(nobody.share).all() and not nobody.n_persons.any()
