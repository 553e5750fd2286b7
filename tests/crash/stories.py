"""Articles made of a name and a version: who knows the two knows every letter of them."""

from random import Random

from embeddings.article import Article

NAMES = [f"story-{number:02}" for number in range(9)]

_WORDS = [
    *["harbour", "storm", "bridge", "council", "budget", "strike", "vote", "minister", "river"],
    *["valley", "train", "farmer", "market", "school", "hospital", "engineer", "border", "ferry"],
    *["island", "winter"],
]


def story(name: str, version: int) -> Article:
    """Make an article of one to five paragraphs that bears its name and version in each."""
    choice = Random(f"{name} {version}")
    paragraphs = [
        " ".join(_sentence(choice, name, version) for _ in range(choice.randint(1, 4)))
        for _ in range(choice.randint(1, 5))
    ]
    return Article(
        "\n\n".join(paragraphs),
        id=name,
        title=f"{choice.choice(_WORDS).title()} and {choice.choice(_WORDS)}",
        source=choice.choice(["Post", "Radio"]),
        published=f"2024-03-{choice.randint(1, 28):02}",
        language="en",  # Else the first one would wait for what tells languages apart.
        extra={"version": version},
    )


def version_of(article: Article) -> int:
    """Return the version that an article says it is."""
    version = article.extra["version"]
    assert isinstance(version, int)
    return version


def _sentence(choice: Random, name: str, version: int) -> str:
    words = " ".join(choice.choices(_WORDS, k=choice.randint(4, 9)))
    return f"The {words} of {name} was reported as number{version}."
