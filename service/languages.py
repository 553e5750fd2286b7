"""What is said when a text is in a language that the model does not know."""

from collections.abc import Iterable, Sequence

from embeddings.article import Article
from embeddings.encoder import ModelProfile
from embeddings.language import detect_language, is_foreign_script

# The most articles that a warning names; further ones are counted.
MOST_NAMED = 3


def article_warnings(profile: ModelProfile, articles: Iterable[Article]) -> list[str]:
    """Warn of articles in languages that the model does not know, in one sentence for all.

    Args:
        profile: The model's. Of one whose languages are not known, nothing is said.
        articles: What an answer draws on; one that comes twice counts once.
    """
    foreign = {one.id: one.language for one in articles if _is_foreign(profile, one.language)}
    named = list(foreign.items())[:MOST_NAMED]
    if not named:
        return []
    if len(foreign) == 1:
        [(article_id, language)] = named
        return [
            f"{article_id} seems to be in {language_name(language or '')}; {_known(profile)}: "
            "expect poor answers for it."
        ]
    told = [f"{article_id} ({language})" for article_id, language in named]
    if len(foreign) > len(named):
        told.append(f"{len(foreign) - len(named)} more")
    return [
        f"{_listed(told)} seem to be in other languages; {_known(profile)}: "
        "expect poor answers for them."
    ]


def query_warnings(profile: ModelProfile, query: str) -> list[str]:
    """Warn of a question in a language, or a script, that the model does not know."""
    if not profile.languages:
        return []
    language = detect_language(query)
    if _is_foreign(profile, language):
        named = language_name(language or "")
    # A word or two are seldom certain to be of a language, but may be sure to be of no known one.
    elif language is None and is_foreign_script(query, profile.languages):
        named = "another language"
    else:
        return []
    return [f"The query seems to be in {named}; {_known(profile)}: expect poor answers."]


def pair_warnings(profile: ModelProfile, a: Article, b: Article) -> list[str]:
    """Warn of two articles that cannot be compared, since the model knows one at the most."""
    warnings = article_warnings(profile, [a, b])
    if warnings and a.language and b.language and a.language != b.language:
        warnings.append(
            f"The two are in different languages ({a.language}, {b.language}): what they share "
            "cannot be judged."
        )
    return warnings


def language_name(code: str) -> str:
    """Return the English name of a language with its code, or the code if it has none."""
    # Imported here: only what is foreign is named.
    from babel import Locale

    name = Locale("en").languages.get(code)
    return f"{name} ({code})" if name else code


def _is_foreign(profile: ModelProfile, language: str | None) -> bool:
    return bool(language and profile.languages) and language not in profile.languages


def _known(profile: ModelProfile) -> str:
    names = [language_name(code) for code in profile.languages[:MOST_NAMED]]
    if len(profile.languages) > MOST_NAMED:
        names.append(f"{len(profile.languages) - MOST_NAMED} more")
    return f"the model {profile.name} knows {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
