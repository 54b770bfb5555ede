"""Codes for platforms: letters and digits, short, and each its own."""

from hypothesis import given
from hypothesis import strategies as st

from hpp_analysis.survey.codes import answer_codes, dont_know_code, question_codes
from hpp_analysis.survey.questionnaire import DontKnow, Value

IDS = st.lists(st.from_regex(r"\A[a-z][a-z0-9_]{0,39}\Z"), unique=True, max_size=30)


@given(IDS)
def test_codes_of_any_ids_are_short_plain_and_different(ids: list[str]) -> None:
    values = [Value(id=id_, text={"en": id_}) for id_ in ids]
    for codes, longest in ((question_codes(ids), 20), (answer_codes(values), 5)):
        assert list(codes) == ids
        assert len(set(codes.values())) == len(ids)
        assert all(code.isalnum() and code.isascii() and len(code) <= longest for code in codes.values())
    assert question_codes(ids) == question_codes(ids)


def test_a_short_code_of_the_questionnaire_comes_first() -> None:
    values = [
        Value(id="client", text={"en": "Client"}, codes=("Client side", "C")),
        Value(id="d", text={"en": "Other"}),
    ]
    assert answer_codes(values) == {"client": "C", "d": "d"}
    assert dont_know_code(DontKnow(text={"en": "Don't know"}, codes=("n.v.t.", "99"))) == "99"
    assert dont_know_code(DontKnow(text={"en": "Don't know"})) == "DK"
