"""The questionnaire as data."""

import copy
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from hpp_analysis.errors import InstrumentError, problems_of
from hpp_analysis.survey.instrument import instrument_schema, load_instrument, packaged_instruments, parse_instrument

SMALL: dict[str, Any] = {
    "name": "small",
    "version": "1.0",
    "title": {"en": "Small", "nl": "Klein"},
    "description": {"en": "Two items", "nl": "Twee vragen"},
    "source": {"en": "Made for a test", "nl": "Gemaakt voor een test"},
    "scale": {
        "min": 1,
        "max": 5,
        "labels": {1: {"en": "never", "nl": "nooit"}, 5: {"en": "always", "nl": "altijd"}},
        "dont_know": {"codes": ["9"], "text": {"en": "Don't know", "nl": "Weet niet"}},
        "missing": ["-9"],
    },
    "columns": [
        {"id": "respondent", "text": {"en": "Respondent", "nl": "Respondent"}},
        {
            "id": "side",
            "text": {"en": "Side", "nl": "Kant"},
            "values": [
                {"id": "client", "text": {"en": "Client", "nl": "Opdrachtgever"}, "codes": ["C"]},
                {"id": "partner", "text": {"en": "Partner", "nl": "Partner"}},
            ],
        },
    ],
    "factors": [{"id": "calm", "name": {"en": "Calm", "nl": "Rust"}, "description": {"en": "Calm", "nl": "Rust"}}],
    "items": [
        {
            "id": f"calm{number}",
            "factor": "calm",
            "text": {"en": f"Statement {number}", "nl": f"Stelling {number}"},
            "label": {"en": f"S{number}", "nl": f"S{number}"},
        }
        for number in (1, 2)
    ],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The small questionnaire with one place changed."""
    content = copy.deepcopy(SMALL)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = content
    for step in way:
        place = place[step]
    place[last] = value
    return content


def failures(content: Any) -> list[str]:
    with pytest.raises(InstrumentError) as caught:
        parse_instrument(content, file="small.yaml")
    return [str(failure) for failure in caught.value.failures]


@pytest.mark.parametrize("name", packaged_instruments())
def test_packaged_instruments_speak_dutch_and_english(name: str) -> None:
    """Every text in both languages is checked while loading; the languages themselves here."""
    instrument = load_instrument(name)
    assert set(instrument.languages) >= {"en", "nl"}
    for language in instrument.languages:
        texts = list(instrument.texts(language).values())
        labels = [item.label[language] for item in instrument.items]
        assert len(set(texts)) == len(texts)
        assert len(set(labels)) == len(labels)
        assert max(map(len, labels)) <= 42, "a label fits into a figure"


def test_hpp_is_the_instrument_of_the_field() -> None:
    hpp = load_instrument("hpp")
    assert [len(hpp.items_of(factor.id)) for factor in hpp.factors] == [8, 7, 4]
    assert len(hpp.items_of("success")) == 5
    assert [factor.threshold for factor in hpp.factors] == [8.5] * 3
    assert (hpp.scale.min, hpp.scale.max) == (1, 10)
    assert all(item.idea for factor in hpp.factors for item in hpp.items_of(factor.id))


def test_hpo_is_the_instrument_of_the_field() -> None:
    hpo = load_instrument("hpo")
    assert [len(hpo.items_of(factor.id)) for factor in hpo.factors] == [12, 6, 5, 8, 4]


def test_the_hash_is_of_the_content_not_of_the_layout(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(yaml.safe_dump(SMALL, sort_keys=True))
    two.write_text("# a comment\n" + yaml.safe_dump(SMALL, sort_keys=False, default_flow_style=True))
    assert load_instrument(one).sha256 == load_instrument(two).sha256
    other = parse_instrument(changed("items.0.reverse", True))
    assert other.sha256 != load_instrument(one).sha256


def test_a_third_language_needs_no_code() -> None:
    content = copy.deepcopy(SMALL)

    def add(part: Any) -> None:
        if isinstance(part, dict):
            if "en" in part:
                part["fr"] = part["en"] + " (fr)"
            for inner in list(part.values()):
                add(inner)
        elif isinstance(part, list):
            for inner in part:
                add(inner)

    add(content)
    assert parse_instrument(content).languages == ("en", "fr", "nl")


def test_a_text_missing_in_one_language_is_named() -> None:
    content = changed("items.1.text", {"en": "only English"})
    assert failures(content) == [
        "small.yaml, value 'items.calm2.text': Every text must stand in each of the languages en, nl. Add 'nl' to it."
    ]


def test_all_problems_are_told_at_once() -> None:
    content = changed("items.0.colour", "red")
    content["items"][1]["id"] = "Not An Id"
    del content["scale"]
    told = failures(content)
    assert len(told) == 3
    assert any("'calm1'" in text and "`colour`" in text for text in told)
    assert any("'Not An Id'" in text for text in told)
    assert any("`scale`" in text for text in told)


def test_what_no_report_needs_may_be_left_out() -> None:
    content = copy.deepcopy(SMALL)
    for part in (content, *content["factors"]):
        for key in ("version", "description", "source"):
            part.pop(key, None)
    for item in content["items"]:
        del item["label"]
    instrument = parse_instrument(content)
    assert instrument.version == "1.0"
    assert instrument.items[0].label == instrument.items[0].text
    assert parse_instrument(instrument.model_dump()) == instrument


def test_a_name_a_scale_and_items_are_enough() -> None:
    little = {"name": "pulse", "language": "nl", "scale": "1-5", "items": ["Wij praten", "Wij luisteren"]}
    instrument = parse_instrument(little)
    assert instrument.title == {"nl": "pulse"}
    assert instrument.scale.labels == {1: {"nl": "1"}, 5: {"nl": "5"}}
    assert [(item.id, item.factor, item.text) for item in instrument.items] == [
        ("item1", "total", {"nl": "Wij praten"}),
        ("item2", "total", {"nl": "Wij luisteren"}),
    ]
    assert instrument.factors[0].name == {"nl": "pulse"}


def test_what_is_left_out_is_filled_in() -> None:
    little = {
        "name": "pulse",
        "language": "en",
        "scale": {"min": 0, "max": 4, "labels": {0: "never", 4: "always"}, "dont_know": {"codes": [9]}},
        "columns": ["respondent", {"id": "team", "values": ["red", {"id": "blue", "text": "The blue ones"}]}],
        "items": [{"text": "We talk", "factor": "talk_more"}, {"id": "lis", "text": "We listen", "factor": "listen"}],
    }
    instrument = parse_instrument(little)
    assert [(factor.id, factor.name["en"]) for factor in instrument.factors] == [
        ("talk_more", "Talk more"),
        ("listen", "Listen"),
    ]
    assert instrument.scale.dont_know is not None
    assert instrument.scale.dont_know.text == {"en": "Don't know"}
    assert instrument.names["team=red"] == {"en": "Red"}
    assert instrument.names["team=blue"] == {"en": "The blue ones"}
    assert parse_instrument(instrument.model_dump()) == instrument


def test_an_item_without_a_factor_beside_items_with_one_is_an_error() -> None:
    little = {"name": "pulse", "language": "en", "scale": "1-5", "items": [{"text": "a", "factor": "talk"}, "b"]}
    assert failures(little) == ["small.yaml, value 'item2': `factor` of each of the items must be given. Add it."]


@pytest.mark.parametrize("key", ["text", "factor"])
def test_a_key_that_every_item_lacks_is_one_problem(key: str) -> None:
    content = copy.deepcopy(SMALL)
    content["factors"].append({**content["factors"][0], "id": "other"})  # of a single factor all items are
    for item in content["items"]:
        del item[key], item["label"]
    with pytest.raises(InstrumentError) as caught:
        parse_instrument(content)
    assert len(problems_of(caught.value.failures)) == 1


def test_texts_without_a_language_are_one_problem() -> None:
    content = copy.deepcopy(SMALL)
    content["title"] = "Klein"
    for item in content["items"]:
        item["text"] = "Stelling"
        del item["label"]
    with pytest.raises(InstrumentError) as caught:
        parse_instrument(content)
    (problem,) = problems_of(caught.value.failures)
    assert '{nl: "Klein"}' in problem


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("items.1.id", "calm1", "An id must name one thing"),
        ("items.1.factor", "anger", "belong to a factor"),
        ("scale.max", 1, "min must be below its max"),
        ("scale.labels", {1: {"en": "a", "nl": "b"}}, "Both ends"),
        ("scale.missing", ["3"], "mean one thing"),
        ("scale.missing", ["9"], "mean one thing"),
        ("scale.missing", ["9.0"], "mean one thing"),
        ("scale.labels.5", {"en": "3", "nl": "altijd"}, "mean one thing"),
        ("scale.max", 10**9, "at most 1000"),
        ("columns.1.values.1.codes", ["c"], "one value of 'side'"),
        ("factors.0.threshold", 8.5, "lie on the answer scale"),
    ],
)
def test_contradictions(path: str, value: Any, words: str) -> None:
    assert any(words in text for text in failures(changed(path, value)))


def test_a_factor_has_items() -> None:
    content = copy.deepcopy(SMALL)
    content["factors"].append({**SMALL["factors"][0], "id": "empty"})
    assert any("A factor must have items" in text for text in failures(content))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: 1\na: 2", "stands here twice"),
        ("a: [1", "must be a YAML file"),
        ("- just\n- a list", "Correct"),
        ("", "Correct"),
        ("!!python/object/apply:os.system [ls]", "must be a YAML file"),
    ],
)
def test_files_that_are_no_instrument(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(InstrumentError, match=words):
        load_instrument(path)


def test_norwegian_is_a_language(tmp_path: Path) -> None:
    """YAML 1.1 would read the key `no` as false."""
    path = tmp_path / "no.yaml"
    text = yaml.safe_dump(SMALL).replace("nl:", "no:")
    path.write_text(text)
    assert load_instrument(path).languages == ("en", "no")


def test_an_unknown_name_lists_what_is_there() -> None:
    with pytest.raises(InstrumentError, match="hpo, hpp"):
        load_instrument("nothing")


def test_a_loaded_instrument_passes_through() -> None:
    instrument = parse_instrument(SMALL)
    assert load_instrument(instrument) is instrument


def test_the_questionnaire_of_the_documentation_is_accepted(root: Path) -> None:
    text = (root / "docs" / "questionnaire.md").read_text(encoding="utf-8")
    example = text.split("```yaml\nname: tevredenheid")[1].split("```")[0]
    instrument = parse_instrument(yaml.safe_load(f"name: tevredenheid{example}"))
    assert (instrument.languages, len(instrument.items)) == (("nl",), 3)


@pytest.mark.parametrize("name", packaged_instruments())
def test_packaged_questionnaires_fit_the_schema(name: str) -> None:
    path = Path(str(files("hpp_analysis.survey") / "instruments" / f"{name}.yaml"))
    jsonschema.validate(_written(path.read_text(encoding="utf-8")), instrument_schema())


def test_the_schema_knows_the_short_forms_and_refuses_unknown_keys() -> None:
    little = {"name": "pulse", "language": "nl", "scale": "1-5", "items": ["Wij praten", {"text": "Wij luisteren"}]}
    jsonschema.validate(little, instrument_schema())
    for wrong in ({**little, "itms": []}, {"name": "pulse"}, {**little, "items": [{"txt": "Wij praten"}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, instrument_schema())


def test_the_guide_to_questionnaires_explains_every_key(root: Path) -> None:
    guide = (root / "docs" / "questionnaire.md").read_text(encoding="utf-8")
    schema = instrument_schema()
    keys = {*schema["properties"]}
    for part in schema["$defs"].values():
        keys |= {key for form in part.get("anyOf", [part]) for key in form.get("properties", ())}
    assert sorted(key for key in keys if f"`{key}`" not in guide) == []


def test_the_examples_of_the_guide_are_questionnaires(root: Path) -> None:
    guide = (root / "docs" / "questionnaire.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    whole = [text for text in examples if "items:" in text and "name:" in text]
    assert len(whole) > 1
    for text in whole:
        assert parse_instrument(yaml.safe_load(text)).items


def _written(text: str) -> Any:
    """The content of a YAML file as JSON has it: keys are texts."""
    return json.loads(json.dumps(yaml.safe_load(text)))
