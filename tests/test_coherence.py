import pytest

from service.coherence import leaning

STANDING = [
    "The council voted on Monday.",
    "Itinerant workers came to the harbour.",
    "Thistle growers met in Lindmark.",
    "Then-mayor Ada Holm opened the bridge.",
    '"We won," Holm said.',
    '"We won," said Holm, "and we will win again."',
    "“We won,” Holm told reporters.",
    'Holm said the bridge was "finally ready."',
    'Holm called the vote "a good day" for the town.',
    "It's unclear who will pay for the bridge.",
    "Sonja Berg, who lost the vote, asked for a recount.",
    "Andorra joined the talks.",
    "The pairing of the two towns is old.",
    "In response to the vote, the mayor left.",
    "As a result of the vote, the mayor left.",
    "Rather than wait, the mayor left.",
    "Besides Lindmark, two towns voted.",
    "Both Lindmark and Elling voted.",
    "This week the council voted.",
    "The four-day summit in Lindmark ended on Friday.",
    "Too many bridges are in need of repair.",
    "Thatched roofs burned in Lindmark.",
]

LEANING = [
    ("He said the bridge was ready.", "'He'"),
    ("She also said so.", "'She'"),
    ("They met on Monday.", "'They'"),
    ("His deputy left.", "'His'"),
    ("It was built in 1962.", "'It'"),
    ("These are things that matter.", "'These'"),
    ('"These are things that matter," Holm said.', "'These'"),
    ("This led to a vote.", "'This'"),
    ("The two leaders met.", "'The two'"),
    ("The trio met again.", "'The trio'"),
    ("That decision cost the mayor her office.", "'That'"),
    ("That said, the mayor refused.", "'That said'"),
    ("The latter refused.", "'The latter'"),
    ("But the mayor refused.", "'But'"),
    ("However, the mayor refused.", "'However'"),
    ("Meanwhile, the mayor refused.", "'Meanwhile'"),
    ("In addition, the mayor refused.", "'In addition'"),
    ('"We won.', "speaker"),
    ('"We won," he said.', "speaker"),
    ("“We should rebuild them,” she said.", "speaker"),
    ("The talks have failed, he said.", "'he'"),
    ("Under the rule, “the vote was void,” she said.", "'she'"),
    ('I know about the vote," Holm said.', "ends a quotation"),
    ("I know about the vote,” Holm said.", "ends a quotation"),
]


@pytest.mark.parametrize("sentence", STANDING)
def test_what_names_all_it_speaks_of_can_stand_alone(sentence: str) -> None:
    assert leaning(sentence) is None


@pytest.mark.parametrize(("sentence", "reason"), LEANING)
def test_what_points_back_is_told_with_the_word_that_does(sentence: str, reason: str) -> None:
    assert reason in (leaning(sentence) or "")


@pytest.mark.parametrize("piece", ['"', "“", "he ", "(", "'", "in  addition "])
def test_a_long_run_of_anything_is_judged(piece: str) -> None:
    leaning(piece * 100_000)
