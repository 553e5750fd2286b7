"""Cuts a block of text into sentence spans: one pass, rules for English news."""

import re
from re import Match

from embeddings.article import Span


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# A stop after these never ends a sentence.
_TITLES = _words(
    "adm brig capt cdr cmdr col cpl cpt dr fr ft gen gov hon insp lt maj messrs mlle mme mr mrs ms "
    "mt pfc pres prof pvt rep reps rev sen sens sgt spc supt"
)
_BOUND = _words("approx cf e.g i.e incl v viz vs")
# A stop after these ends a sentence only where the next word says so.
_OPEN = _words(
    "assn assoc ave bldg blvd bros cie co corp cos dept dist div esq inc intl jr ltd mfg "
    "mtn pl plc pty rd sr st ste univ ala ariz calif colo conn fla ga ind kan ky md mich minn mont "
    "neb nev okla penn pa tenn tex va vt wis wyo ont que ph.d m.d jan feb apr jun jul aug sep "
    "sept oct nov dec"
)
# American states whose short form is also a word: they count only after a comma.
_STATES = _words("ark del ill la mass me miss mo ore wash")
_BEFORE_NUMBER = _words(
    "jan feb mar apr jun jul aug sep sept oct nov dec no nos ch chap ext fig figs p pp ref tel vol"
)
_AFTER_HOUR = _words(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May "
    "June July August September October November December Jan Feb Mar Apr Jun Jul Aug Sept Oct Nov "
    "Dec EST EDT ET CST CDT CT MST MDT MT PST PDT PT GMT UTC BST CET CEST Eastern Central Mountain "
    "Pacific Greenwich Moscow"
)
# Words that begin a sentence far more often than they begin a name.
_STARTERS = _words(
    "A About According Across Additionally After Again Against All Also Although Among An And "
    "Another Any Are Around As Asked At Authorities Because Before Both But By Can Could Critics "
    "Despite Did Do Does During Each Earlier Either Even Eventually Every Everyone Few Finally For "
    "Former From Further Furthermore Given Had Has Have He Her Here His How However I I'd I'll I'm "
    "I've If In Indeed Initially Instead Is It It's Its Just Last Later Like Many Maybe Meanwhile "
    "More Moreover Most Much My Neither Never Nevertheless No Nobody Nor Not Nothing Now Of "
    "Officials Often On Once One Only Or Other Others Our Out Over People Perhaps Prices "
    "Researchers Residents Separately Several Shares She Should Similarly Since So Some Sources "
    "Still Such Than That That's The Their Then There There's These They They're Third This Those "
    "Though Through Thus To Today Together Two Under Unlike Until Was We We're Were What When "
    "Where Whether Which While Who Why With Within Without Would Yes Yesterday Yet You Your"
)
# After these a lone capital is a name's end, not an initial: "plan B", "vitamin D".
_LETTERED = _words("appendix category class exhibit grade group hepatitis plan route type vitamin")
_DOMAINS = _words("Ai Ca Co Com De Edu Eu Fr Gov Int Io Me Net Org Ru Tv Uk Us")
# The longest line of hard-wrapped prose, in characters.
_WRAPPED = range(40, 131)

_QUOTES = "\"'”’»›"
_BREAK = re.compile(
    r"(?P<stop>[。！？｡]++|\.(?:[ \xa0]\.)++|[.!?…؟۔।]++)"
    r"(?P<close>[\"'”’»›)\]}」』）】*_\u200b-\u200f\u2060\ufeff]*+)(?P<gap>\s*+)"
    r"|\n\s*+"
)
_ITEM = re.compile(r"(?:[-*+•‣◦▪●·]|\(?\d{1,3}[.)]|\(?[a-z]\))[^\S\n]")
_BLANK_LINE = re.compile(r"\n[^\S\n]*+\n")
# What may stand before a sentence's first word, and that word.
_NEXT = re.compile(r"(?P<lead>(?:[^\w,;:.!?%)\]}]|_|\.\.++)*+)(?P<word>(?:[^\W_]|['’](?=\w))*+)")
# Lower case that begins a sentence all the same: "iPhones", "#news", "@poe".
_LIKE_CAPITAL = re.compile(r"[^\w\s]*+(?:[a-z]{1,2}[A-Z]|(?<=[#@])\w)")
_WORD = re.compile(r"[^\W_]")
_LAST_TOKEN = re.compile(r"[^\s\"'“‘«(\[{*_/—–-]*\Z")
_ACRONYM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_HOUR = re.compile(r"\b[ap]\. ?m\Z", re.IGNORECASE)
# "1", "B", "iv" or "7:30 p.m" and nothing else before the stop: what follows belongs to it.
_LABEL = re.compile(r"[\W_]*(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4}|\d\d?(?::\d\d)? ?[AaPp]\. ?[Mm])")
_SAYS = re.compile(
    r"(?:[^\W\d_][\w'’.-]*+[ \n]){1,4}(?:said|says|asked|asks|told|added|wrote|writes|tweeted|"
    r"replied|cried|shouted|exclaimed|recalled|wondered|joked|yelled|continued|demanded|insisted)"
    r"(?=[,.;:]|[ \n](?:after|as|at|before|during|from|him|her|in|last|me|of|on|reporters|the|them|"
    r"to|when|while|with)\b)"
)
_GLUED = re.compile(
    r"[“‘(]?([A-Z][a-z]++)(?:['’][a-z]++)?(?:[\s,;:?!—–-]|\.(?!\w)|\Z)|[“‘]?(?:I|A)\s"
)


def split_sentences(text: str, span: Span) -> list[Span]:
    """Return the sentences within `span` of `text`.

    The spans are in order, neither empty nor edged by whitespace, and nothing but
    whitespace lies between and around them. The work grows linearly with the span.

    A blank line ends a sentence. A single line break does so where the lines are not
    hard-wrapped prose: before a list item, after a line that had room for the next word, or
    where lines are too long or too short to be wrapped.
    """
    body = span.of(text)
    cuts = [*_cuts(body), len(body)]
    sentences = []
    begin = 0
    for cut in cuts:
        piece = body[begin:cut]
        start = begin + len(piece) - len(piece.lstrip())
        end = begin + len(piece.rstrip())
        if start < end:
            sentences.append(Span(span.start + start, span.start + end))
        begin = cut
    return sentences


def _cuts(body: str) -> list[int]:
    """Return where one sentence ends and another begins."""
    width = max(map(len, body.split("\n")))
    cuts: list[int] = []
    start = 0
    for found in _BREAK.finditer(body):
        if found["stop"] is None:
            cut = found.end() if _line_ends(body, found, width) else -1
        elif found["gap"]:
            cut = found.end() if _stop_ends(body, found, start, width) else -1
        else:
            cut = _glued_cut(body, found, start)
        if cut > start:
            cuts.append(cut)
            start = cut
    return cuts


def _line_ends(body: str, found: Match[str], width: int) -> bool:
    """Tell whether a line break is an end by itself, whatever stands before it."""
    after = body[found.end() : found.end() + 64]
    if _BLANK_LINE.search(found[0]) or _ITEM.match(after):
        return True
    line = body[body.rfind("\n", 0, found.start()) + 1 : found.start()].rstrip()
    opening = _NEXT.match(after)
    word = opening["word"] if opening else ""
    if not word or word[0].islower() or line.endswith((",", ";")):
        return False
    return width not in _WRAPPED or len(line) + 1 + len(word) <= width


def _stop_ends(body: str, found: Match[str], start: int, width: int) -> bool:
    """Tell whether a stop with whitespace after it ends a sentence."""
    stop, close, gap = found["stop"], found["close"], found["gap"]
    after = body[found.end() : found.end() + 64]
    if stop[0] in "。！？｡" or ("\n" in gap and _line_ends(body, found, width)):
        return True
    opening = _NEXT.match(after)
    word = opening["word"] if opening else ""
    if not opening or not word or (word[0].islower() and not _LIKE_CAPITAL.match(after)):
        return False
    if not _WORD.search(body, max(start, found.start() - 32), found.start()):
        # A stop before any word begins something: '"... And so on."'
        return False
    quoted = any(mark in _QUOTES for mark in close)
    if quoted and stop[-1] in "!?…":
        return not _SAYS.match(after)
    if stop != "." or quoted:
        return True
    goes_on = after[opening.end() : opening.end() + 1] == "."
    starter = word.replace("’", "'") in _STARTERS and not goes_on
    new_quote = any(mark in '"“«' for mark in opening["lead"])
    begin = max(start, found.start() - 32)
    return _full_stop(body[begin : found.start()], begin == start, word, starter or new_quote)


def _full_stop(before: str, whole: bool, word: str, starter: bool) -> bool:
    """Tell whether a full stop ends a sentence, by the token before it and the word after.

    `before` is the sentence up to the stop, or its last part (then `whole` is False);
    `starter` says that what follows looks like the start of a sentence.
    """
    if whole and _LABEL.fullmatch(before):
        return False
    last = _LAST_TOKEN.search(before)
    token = last[0] if last else ""
    short = token.lower().replace("’", "'")
    if short in _BOUND or (short in _TITLES and _as_name(token, word)):
        return False
    if word[0].isdigit() and short in _BEFORE_NUMBER:
        return False
    if _HOUR.search(before):
        return word not in _AFTER_HOUR
    if short in ("al", "etc") or (short in _OPEN and _as_name(token, word)):
        return starter
    if _may_go_on(before, token, short):
        return starter
    return True


def _as_name(token: str, word: str) -> bool:
    """Tell whether a token is written like a title or name: "Col", not "col" or "COL"."""
    return token.istitle() or (token.isupper() and word.isupper() and len(word) > 1)


def _may_go_on(before: str, token: str, short: str) -> bool:
    """Tell whether a stop after this token belongs to a state, an initial or an acronym."""
    earlier = before[: len(before) - len(token)].rstrip()
    if short in _STATES:
        return token[0].isupper() and earlier.endswith(",")
    if len(token) == 1 and token.isupper():
        return (earlier.split() or [""])[-1].lower() not in _LETTERED
    return bool(_ACRONYM.fullmatch(token))


def _glued_cut(body: str, found: Match[str], start: int) -> int:
    """Return where a sentence ends although no whitespace follows its stop, or -1."""
    stop, close, end = found["stop"], found["close"], found.end()
    if stop[0] in "。！？｡":
        return end
    before = body[max(start, found.start() - 40) : found.start()]
    token = (before.split() or [""])[-1]
    after = _GLUED.match(body[end : end + 32])
    if not after or after[1] in _DOMAINS or not token[-2:].islower() or not token[-2:].isalpha():
        return -1
    if len(token) < 2 or any(mark in token for mark in "./@:\\_#"):
        return -1
    if close == '"' and body.count('"', max(start, found.start() - 400), found.start()) % 2 == 0:
        # No quotation is open, so the mark opens the next sentence.
        return found.end("stop")
    return end
