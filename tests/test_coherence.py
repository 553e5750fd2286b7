from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.article import Span
from service.coherence import Leaning, leanings, unmet
from service.reading import Statement

STANDING = [
    "The council voted on Monday.",
    "Itinerant workers came to the harbour.",
    "Thistle growers met in Lindmark.",
    "Then-mayor Ada Holm opened the bridge.",
    '"We won," Holm said.',
    '"We won," said Holm, "and we will win again."',
    "“We won,” Holm told reporters.",
    "'We won,' Holm told reporters.",
    'Holm said the bridge was "finally ready."',
    'Holm called the vote "a good day" for the town.',
    '"Northern Lights," a film about the bridge, opens on Friday.',
    "It's unclear who will pay for the bridge.",
    "It is expected that the bridge will open in May.",
    "It was Ada Holm who opened the bridge.",
    "It took three years to build the bridge.",
    "It has been two years since the bridge was closed.",
    "There is no other bridge over the Elling.",
    "Sonja Berg, who lost the vote, asked for a recount.",
    "Andorra joined the talks.",
    "The pairing of old towns is new.",
    "In response to the vote, the mayor left.",
    "As a result of the vote, the mayor left.",
    "Rather than wait, the mayor left.",
    "Instead of waiting, the mayor left.",
    "Besides Lindmark, two towns voted.",
    "Both Lindmark and Elling voted.",
    "Both the mayor and the council voted.",
    "So far, two towns have voted.",
    "This week the council voted.",
    "In this country, towns vote in May.",
    "Those who voted early waited for hours.",
    "Other than Lindmark, no town voted.",
    "The four-day summit in Lindmark ended on Friday.",
    "Too many bridges are in need of repair.",
    "Thatched roofs burned in Lindmark.",
    "After Holm resigned, she left the town.",
    "When he arrived in Lindmark, Holm was cheered.",
    "In his first speech, Holm promised a bridge.",
    "Holm said he would not run again.",
    "A lawyer said she would appeal.",
    "A woman told police she had seen the fire.",
    "Officials said they would open the bridge.",
    "Police said Lindmark and Elling asked the two towns' councils to vote.",
    "The two men who robbed the bank in Lindmark were caught.",
    "The two sides will meet in May.",
    "The man accused of setting the fire was caught in Elling.",
    "The company, Elling Steel, said the mill would close.",
    "The 34-year-old Ada Holm won the vote.",
    "The government said the bridge would open.",
    "The quake was felt in Lindmark.",
    "The harbour town's oldest bridge was closed.",
    "The largest bridge in the country was closed.",
    "Our solar system has eight planets.",
    "Talks between US and Elling officials failed.",
    "The council says it will vote in May.",
    "Ada Holm moved to Lindmark and lived there for years.",
    "World War I began in 1914.",
    "Type I errors are rare.",
    "İstanbul'da İlk köprü açıldı bugün.",
]

LEANING = [
    ("He said the bridge was ready.", "starts with an unresolved 'He'"),
    ("She also said so.", "'She'"),
    ("They met on Monday.", "'They'"),
    ("His deputy left.", "'His'"),
    ("It was built in 1962.", "'It'"),
    ("These are things that matter.", "'These'"),
    ('"These are things that matter," Holm said.', "'These'"),
    ("This led to a vote.", "'This'"),
    ("Such bridges are rare.", "'Such'"),
    ("Those bridges are rare.", "'Those'"),
    ("Both were closed on Monday.", "'Both'"),
    ("Some of them were closed.", "'Some of them'"),
    ("Of the two, Lindmark is older.", "'Of the'"),
    ("That decision cost the mayor her office.", "'That'"),
    ("The trio met again.", "'The trio'"),
    ("The latter refused.", "'The latter'"),
    ("The same happened in Elling.", "'The same'"),
    ("On Monday, he opened the bridge.", "has an unresolved 'he'"),
    ("In a statement, they denied it.", "'they'"),
    ("In 2010, it was closed for repairs.", "'it'"),
    ("According to police, he was stabbed.", "'he'"),
    ("Asked about Holm, she refused to answer.", "'she'"),
    ("Despite his age, he works every day.", "'he'"),
    ("Police said he was seen in Elling.", "'he'"),
    ("A judge sent him to prison.", "'him'"),
    ("Elling opened it in May.", "'it'"),
    ("The mayors of both towns have lived there for years.", "'there'"),
    ("Police told reporters the man was unarmed.", "'the man'"),
    ("Last May, this bridge was closed.", "'this'"),
    ("That said, the mayor refused.", "has 'That said', which joins it"),
    ("But the mayor refused.", "'But'"),
    ("However, the mayor refused.", "'However'"),
    ("The mayor, however, refused.", "'however'"),
    ("The mayor of Elling refused, too.", "'too'"),
    ("Meanwhile, the mayor refused.", "'Meanwhile'"),
    ("In addition, the mayor refused.", "'In addition'"),
    ("As a result, the mayor left.", "'As a result'"),
    ("Instead, the mayor left.", "'Instead'"),
    ("For example, the mayor left.", "'For example'"),
    ("Later that day, the mayor left.", "'Later'"),
    ("The next day, the mayor left.", "'The next day'"),
    ("Two hours later, the mayor left.", "'Two hours later'"),
    ("At the time, the mayor was in Elling.", "'At the time'"),
    ("Another bridge was closed in Elling.", "'Another'"),
    ("A second suspect was caught in Elling.", "'A second'"),
    ("The other man was caught in Elling.", "'The other'"),
    ("Under this plan, the bridge would close.", "'Under this'"),
    ('"We won.', "speaker"),
    ('"We won," he said.', "speaker"),
    ('"We won the vote," he said, "and we will win again."', "speaker"),
    ("'We will never give up.'", "speaker"),
    ("“We should rebuild them,” she said.", "speaker"),
    ("The talks have failed, he said.", "is said by an unresolved 'he'"),
    ("Under the rule, “the vote was void,” she said.", "'she'"),
    ("The mill will be closed, it said.", "'it'"),
    ('I know about the vote," Holm said.', "ends a quotation"),
    ("I know about the vote,” Holm said.", "ends a quotation"),
    ("The two leaders met.", "speaks of 'the two' without saying which"),
    ("On Friday, the two men were caught.", "'the two'"),
    ("The couple lived in Elling.", "'the couple'"),
    ("The company denied the rumours.", "'the company'"),
    ("The suspect was caught in Elling.", "'the suspect'"),
    ("The victim's wife lives in Elling.", "'the victim'"),
    ("The first-aid kits were found in Elling.", "'the kits'"),
    ("The 34-year-old was caught in Elling.", "'the 34-year-old'"),
    ("Most of the passengers were asleep.", "'the passengers'"),
    ("When the man arrived, the bridge was closed.", "'the man'"),
    ("In a statement, the family asked for calm.", "'the family'"),
    ("I walked over the bridge at night.", "speaks as 'I' without saying who that is"),
    ("On Monday we walked over the bridge.", "'we'"),
    ("Who will pay for the bridge?", "asks"),
    ("The council decided on the following:", "announces"),
    ("2. Lindmark, a town of bridges", "item of a list"),
    ("— Ada Holm on the bridge", "item of a list"),
    ("and the bridge was closed.", "middle of a sentence"),
    ("Bridges burn.", "no whole sentence"),
]


def article(*texts: str, places: Sequence[int] = ()) -> list[Statement]:
    numbers = places or range(1, len(texts) + 1)
    return [
        Statement("a", Span(number, number + len(text)), text, number)
        for number, text in zip(numbers, texts, strict=True)
    ]


def judged(*texts: str, places: Sequence[int] = ()) -> Leaning | None:
    """What the last sentence of an article leans on."""
    return leanings(article(*texts, places=places))[-1]


@pytest.mark.parametrize("sentence", STANDING)
def test_what_names_all_it_speaks_of_can_stand_alone(sentence: str) -> None:
    assert judged(sentence, places=[2]) is None


@pytest.mark.parametrize(("sentence", "reason"), LEANING)
def test_what_points_back_is_told_with_the_word_that_does(sentence: str, reason: str) -> None:
    found = judged(sentence, places=[2])

    assert found is not None
    assert reason in found.reason


def test_a_pronoun_leans_directly_on_the_sentence_before() -> None:
    found = judged("Ada Holm resigned on Monday.", "She will leave the town.")

    assert found == Leaning("starts with an unresolved 'She'", 0, directly=True)


def test_a_pronoun_behind_a_gap_has_nothing_to_lean_on() -> None:
    found = judged("Ada Holm resigned on Monday.", "She will leave the town.", places=[1, 3])

    assert found == Leaning("starts with an unresolved 'She'", None, directly=True)


def test_the_first_sentence_has_nothing_to_lean_on() -> None:
    assert judged("But the mayor refused.") == Leaning(
        "has 'But', which joins it to the sentence before", None, directly=True
    )


def test_the_first_sentence_of_an_article_may_speak_of_what_all_know() -> None:
    assert judged("The harbour bridge was closed.") is None


def test_a_surname_leans_on_the_sentence_with_the_full_name() -> None:
    found = judged(
        "Mayor Ada Holm resigned on Monday.",
        "The council of Lindmark will meet on Friday.",
        "Voters in Lindmark had asked Holm to go.",
    )

    assert found == Leaning("does not say who 'Holm' is", 0, directly=False, loosely=True)


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("Dr. Ada von Holm resigned on Monday.", "Mr. Holm had been asked to go."),
        ("Lindmark's Ada Holm resigned.", "Voters in Lindmark supported Holm's plan."),
        ("Ada Holm, 34, resigned on Monday.", "Ada was in the town for a year."),
        ("The cyclist Wang Lihua resigned.", "Voters in Lindmark had asked Wang to go."),
        ("Karl Holm Jr. resigned on Monday.", "Voters in Lindmark had asked Holm to go."),
        ("Conor O'Neill resigned on Monday.", "Voters had asked O’Neill to go."),
    ],
)
def test_a_short_name_is_known_in_all_its_forms(first: str, later: str) -> None:
    found = judged(first, "The council of Lindmark will meet on Friday.", later)

    assert found is not None
    assert (found.on, found.directly) == (0, False)


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("Mayor Ada Holm resigned on Monday.", "Mayor Holm had been asked to go."),
        ("Mayor Ada Holm resigned on Monday.", "Holm, a farmer, had been asked to go."),
        ("Mayor Ada Holm resigned on Monday.", "Erik Holm had been asked to go."),
        ("Mayor Ada Holm resigned on Monday.", "Holm Street was closed for hours."),
        ("Mayor Ada Holm resigned on Monday.", "Holmgren had been asked to go."),
        ("Holm resigned on Monday.", "Voters asked Holm to go."),
        ("Judges of the Supreme Court met on Monday.", "Voters asked the Court to wait."),
        ("Ships sailed from New York on Monday.", "Voters in York were asked to wait."),
    ],
)
def test_a_name_that_says_enough_leans_on_nothing(first: str, later: str) -> None:
    assert judged(first, "The council of Lindmark will meet on Friday.", later) is None


def test_a_surname_that_came_before_the_full_name_leans_on_nothing() -> None:
    found = judged(
        "Voters in Lindmark asked Holm to go.",
        "Ada Holm was elected in 2019.",
        "Voters in Elling supported Holm.",
    )

    assert found is None


def test_a_description_leans_on_the_sentence_that_introduces_it() -> None:
    found = judged(
        "A company from Elling wants to build a bridge.",
        "Lindmark has waited for years.",
        "The company plans to start in May.",
    )

    assert found == Leaning("speaks of 'the company' without saying which", 0, directly=False)


def test_a_description_that_nothing_introduces_leans_on_the_sentence_before() -> None:
    found = judged("Elling Steel wants to build a bridge.", "The company plans to start in May.")

    assert found == Leaning("speaks of 'the company' without saying which", 0, directly=True)


def test_a_sentence_between_the_marks_of_a_quotation_leans_on_the_one_before() -> None:
    found = leanings(
        article(
            'Holm said: "The bridge is closed.',
            "Repairs will take a year.",
            'Nobody can say more today."',
            "Lindmark has two other bridges over the Elling.",
        )
    )

    assert [one and (one.reason, one.on) for one in found] == [
        ("leaves a quotation open", None),
        ("is inside a quotation that began before it", 0),
        ("ends a quotation that began before it", 1),
        None,
    ]


def test_a_mark_that_is_never_closed_opens_no_quotation() -> None:
    found = leanings(
        article("Holm is 6'4\" tall.", "Lindmark is old.", 'Elling has a "new" bridge.')
    )

    assert found[1] is None


def dangling(statements: Sequence[Statement], chosen: Sequence[int]) -> dict[int, str]:
    """Say why each chosen sentence of one article cannot stand there."""
    found = unmet(leanings(statements), statements, chosen)
    return {number: one.reason for number, one in found.items()}


def test_a_leaning_sentence_is_fine_right_behind_the_one_it_leans_on() -> None:
    statements = article(
        "Mayor Ada Holm resigned on Monday.",
        "She will leave the town.",
        "Lindmark will vote in May.",
        "Voters had asked Holm to go.",
    )

    assert dangling(statements, [0, 1, 3]) == {}
    assert dangling(statements, [1, 2]) == {1: "starts with an unresolved 'She'"}
    assert dangling(statements, [0, 2, 1]) == {1: "starts with an unresolved 'She'"}
    assert dangling(statements, [2, 3]) == {3: "does not say who 'Holm' is"}
    assert dangling(statements, [3, 0]) == {3: "does not say who 'Holm' is"}
    assert dangling(statements, []) == {}


@pytest.mark.parametrize(
    "piece",
    ['"', "“", "he ", "(", "'", "in  addition ", "the ", "Ada Holm ", "A", "A. ", "of the ", ", ",
     "I ", "we ", "at, the ", "it is not ", "a few ", "said ", "von ", "Ada von ", "34-", "’s"],
)  # fmt: skip
@pytest.mark.parametrize("lead", ["", "It", '"', "Voters "])
def test_a_long_run_of_anything_is_judged(piece: str, lead: str) -> None:
    leanings(article(lead + piece * 100_000, piece * 100_000))


def test_an_article_of_many_names_and_things_is_judged() -> None:
    letters = "abcdefghijklmnopqrst"
    names = [f"Ada H{a}{b}{c}lm" for a in letters for b in letters for c in letters[:10]]

    found = leanings(article(*(f"The company asked {name} to go." for name in names)))

    assert len(found) == len(names)


SENTENCES = st.sampled_from([*STANDING, *(sentence for sentence, _ in LEANING)]) | st.text()
ARTICLES = st.lists(SENTENCES, max_size=12)


@given(ARTICLES, st.data())
def test_sentences_lean_on_earlier_ones_only(texts: list[str], data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.integers(1, 2), min_size=len(texts), max_size=len(texts)))
    places = [sum(gaps[: number + 1]) for number in range(len(gaps))]

    for number, leaning in enumerate(leanings(article(*texts, places=places))):
        if leaning is not None and leaning.on is not None:
            assert 0 <= leaning.on < number
            assert not leaning.directly or places[leaning.on] == places[number] - 1


@given(ARTICLES)
def test_in_a_whole_article_only_what_nothing_helps_dangles(texts: list[str]) -> None:
    statements = article(*texts)

    found = dangling(statements, range(len(texts)))

    hopeless = {
        number: leaning.reason
        for number, leaning in enumerate(leanings(statements))
        if leaning is not None and leaning.on is None
    }
    assert found == hopeless


@given(ARTICLES)
def test_a_sentence_put_before_the_first_one_moves_what_others_lean_on(texts: list[str]) -> None:
    # In most articles sentences end as sentences do; so it has to be in both.
    story = ["The council voted on Monday."] * 13
    before = leanings(article(*story, *texts))

    after = leanings(article(story[0], *story, *texts))

    moved = [
        one and (replace(one, on=one.on + 1) if one.on is not None else one)
        for one in before[len(story) :]
    ]
    assert after[1 + len(story) :] == moved


@given(ARTICLES, st.sets(st.integers(0, 11)))
def test_a_chosen_sentence_dangles_if_and_only_if_what_it_leans_on_is_missing(
    texts: list[str], wanted: set[int]
) -> None:
    statements = article(*texts)
    chosen = sorted(number for number in wanted if number < len(texts))

    found = dangling(statements, chosen)

    judged = leanings(statements)
    assert set(found) == {
        number
        for number in chosen
        if (leaning := judged[number]) is not None
        and leaning.on not in chosen
        and not (
            leaning.about
            and any(leaning.about in texts[one].lower() for one in chosen if one < number)
        )
    }


LOOSE = [
    ("The council also voted on the bridge.", "'also'"),
    ("Holm wants to see the repairs too.", "'too'"),
    ("Holm got the same answer.", "'the same'"),
    ("One of the towns voted on Monday.", "'one of the'"),
    ("Two more towns voted on Monday.", "'two more'"),
    ("Holm said: “The bridge is closed.", "leaves a quotation open"),
    ("Lindmark is where you find bridges.", "speaks to the reader"),
]


@pytest.mark.parametrize(("sentence", "reason"), LOOSE)
def test_what_reads_better_behind_another_sentence_leans_loosely(
    sentence: str, reason: str
) -> None:
    found = judged("The council of Lindmark met.", sentence)

    assert found is not None
    assert found.loosely
    assert reason in found.reason


def test_a_thing_that_was_introduced_leans_loosely_on_the_sentence_that_does() -> None:
    story = ("Holm opened a pavilion in May.", "Lindmark voted in June.")

    found = judged(*story, "Rain fell on the pavilion in July.")

    reason = "speaks of 'the pavilion' without saying which"
    assert found == Leaning(reason, 0, directly=False, loosely=True, about="pavilion")
    assert judged(*story, "Rain fell on the pavilion of Elling in July.") is None


NOTICES = [
    "You can unsubscribe at any time.",
    "Click here for all pictures of the bridge.",
    "Read more about the bridge of Lindmark in our archive.",
    "The bridge is closed, see https://lindmark.example/bridge for more.",
    "Ada Holm opens the bridge #lindmark pic.twitter.com/abc",
    "OO.ready(function() { OO.Player.create('player-1') });",
    "The bridge of Lindmark is closed .",
    "Council of Lindmark votes for a new bridge",
    "For more news on bridges, head on over to our bridge page.",
    "Filed in Bridges > Lindmark > Harbour.",
    "Here is why the council of Lindmark voted for a bridge...",
    "Below is an edited version of the talk with Holm.",
    "The map, above, has all bridges of Lindmark.",
]


@pytest.mark.parametrize("sentence", NOTICES)
def test_what_is_no_running_text_is_told(sentence: str) -> None:
    found = judged("The council of Lindmark met.", "Holm was there.", sentence)

    assert found is not None
    assert not found.loosely
    assert found.on is None


def test_where_no_sentence_ends_as_sentences_do_none_need_to() -> None:
    assert leanings(article("Council of Lindmark votes for a bridge", "Holm opens a school")) == [
        None,
        None,
    ]


def test_where_no_sentence_begins_with_a_capital_none_needs_to() -> None:
    assert leanings(article("lindmark votes for a bridge.", "lindmark has no bridge now.")) == [
        None,
        None,
    ]
