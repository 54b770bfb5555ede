"""Where numbers come from is said without names of files, and without counting what one report leaves out."""

from hpp_analysis import __version__, plan_disclosure, simulate_study
from hpp_analysis.publishing import show_provenance


def test_a_report_names_its_selection_and_counts_no_ratings_left_out() -> None:
    survey = simulate_study(partners=2, persons_per_side=[[20, 20], [20, 3]], seed=1).survey
    survey = survey.keep(survey.items["ope1"].ne(survey.items["ope1"].min()), why="a lowest answer")
    client = survey.values("client")[0]
    whole = dict(show_provenance(survey).blocks[0].facts)
    facts = dict(show_provenance(survey.where(client=client), cells=plan_disclosure(survey)).blocks[0].facts)
    assert facts["Fingerprint of the data"].removeprefix("SHA-256 ") in survey.sha256
    assert client in facts["Selection"] and "Selection" not in whole
    assert "a lowest answer" in whole["Ratings left out"] and "rating" in whole["Ratings left out"]
    assert facts["Ratings left out"] == "a lowest answer"
    assert "withheld" in facts["Privacy"] and "Privacy" not in whole
    assert __version__ in facts["Made with"]
