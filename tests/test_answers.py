import json
from dataclasses import FrozenInstanceError

import pytest

from service import answers
from service.answers import Band, Hit, HitSentence, SearchAnswer


@pytest.mark.parametrize("name", answers.__all__)
def test_every_answer_is_had_by_its_name(name: str) -> None:
    assert getattr(answers, name).__name__ == name


def test_what_is_no_answer_is_not_to_be_had() -> None:
    with pytest.raises(AttributeError, match="Guess"):
        _ = answers.Guess


def test_an_answer_is_written_as_json_with_all_that_is_in_it() -> None:
    sentence = HitSentence(
        article_id="é", start=0, end=2, text='"A', score=0.5, dense=None, lexical=1.0
    )
    hit = Hit(
        article_id="é",
        start=0,
        end=2,
        text='"A',
        title="T",
        source=None,
        published=None,
        score=0.25,
        band=Band.CLOSE,
        dense=1e-07,
        lexical=None,
        sentences=[sentence],
        terms=["a"],
    )

    answer = SearchAnswer(hits=[hit])

    assert answer.to_json() == (
        '{"hits":[{"article_id":"é","start":0,"end":2,"text":"\\"A","title":"T","source":null,'
        '"published":null,"score":0.25,"band":"close","dense":1e-07,"lexical":null,"sentences":'
        '[{"article_id":"é","start":0,"end":2,"text":"\\"A","score":0.5,"dense":null,'
        '"lexical":1.0}],"terms":["a"],"explanation":null}],"summary":null,"required":[],'
        '"excluded":[],"notes":[],"warnings":[]}'
    )
    assert json.loads(answer.to_json()) == answer.to_dict()


def test_an_answer_does_not_change_once_it_is_given() -> None:
    with pytest.raises(FrozenInstanceError):
        SearchAnswer(hits=[]).hits = []  # type: ignore[misc]
