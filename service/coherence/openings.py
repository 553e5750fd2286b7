"""Words at the beginning of a sentence that point back, or join it to the one before it.

The patterns of this package are for lower case: that is five times as fast as ignoring case.
"""

import re

# Marks that may stand before the first word.
LEAD = r"[\s\"'“”‘«(\[_*]*"

# What is named by its time or place was not spoken of before: "this week", "this country".
PRESENT = r"""(?:past\s|last\s|coming\s|very\s)?(?:week|weekend|month|year|morning|afternoon|evening
    |summer|winter|spring|fall|autumn|season|city|town|country|state|nation|planet|world
    |[a-z]{3,6}day)(?:'s)?\b"""

# "It is clear that", "It was Holm who", "It took three hours to": this "it" points at nothing.
_BEING = r"""(?:'s|\s(?:is|was|isn't|wasn't|will\sbe|would\sbe|may\sbe|might\sbe|could\sbe|has\sbeen
    |had\sbeen|seems|seemed|appears|appeared|became|remains|remained))"""
_DEGREE = r"""(?:\s(?:not|also|still|now|only|far|too|so|very|more|most|less|quite|almost|nearly
    |increasingly|just|already|immediately|initially|perhaps|probably|widely|long|really|never
    |always|often|yet|hardly|a|an|the|no|once)){0,3}"""
_EMPTY = r"""\s(?:clear|unclear|likely|unlikely|possible|impossible|important|hard|difficult|easy
    |expected|believed|thought|reported|hoped|known|unknown|understood|feared|claimed|alleged
    |revealed|estimated|assumed|rumou?red|announced|decided|time|true|secret|surprise|wonder|illegal
    |common|rare|unusual|worth|safe|best|better|early|late|necessary|essential|critical|vital
    |crucial|obvious|evident|uncertain|certain|ironic|shame|pity|tempting|raining|snowing|dark|fair
    |right|okay|harvest|with|(?:good|great|nice)\sto|legal|unlawful|as\s(?:if|though)|like|[a-z]+[ai]ble\sthat
    |[a-z'-]+(?:\s[a-z'-]+){0,3}\swho)\b"""
_EMPTY_VERB = r"""\s(?:takes?|took|(?:would|will|could|can|may)\stake|emerged|turns|turned|costs?
    |rained|snowed|follows|happens|(?:seem|appear)(?:s|ed)?\sthat
    |(?:has|had|is|was|'s)(?:\sbeen)?\s(?:[a-z0-9'-]+\s){1,4}since)\b"""

_SOME = r"""(?:(?:only|just|at\sleast|about|nearly|almost|more\sthan|less\sthan)\s)?(?:one|two|three
    |four|five|some|many|most|all|none|half|each|both|several|few|much|part|a\s(?:few|number))"""

_POINTING = re.compile(
    rf"""{LEAD}(?P<word>
      he|she|they|him|her|them|his|hers|their|theirs|its
      |it(?!{_BEING}{_DEGREE}{_EMPTY})(?!{_EMPTY_VERB})
      |this(?!\s{PRESENT})|these(?!\sdays\b)
      |those(?!\s(?:who|whose|whom|with|without|in|from|on|at|near|[a-z]+ing|[a-z]+ed\s(?:with|by|in|to|from|for))\b)
      |such|neither|either|both(?!\s(?:[^\s,]+\s){{1,5}}and\b)|that(?!\s(?:said|which)\b)
      |(?:the\s)?(?:former(?=\s(?:said|is|was|has)\b)|latter)
      |the\s(?:same|others?|pair|duo|trio|rest)(?!\sof\b)
      |here(?:\s(?:is|are)|'s)|there(?=,|\s(?:he|she|they|it|the)\b)
      |{_SOME}\sof\s(?:them|these|those|that|this|its|their|his|her)
      |{_SOME}(?=\s(?:were|was|are|have|had|also|then|did|could|would|will|even|said)\b)
      |of\sthe(?=\s(?:[$€£\d]|total\b|two\b|three\b|four\b|five\b|six\b))|(?:of|among)\s(?:them|these|those)|all\s(?:this|that|these|those)
    )\b(?!-)""",
    re.VERBOSE,
)

_TIME = r"(?:second|minute|hour|day|night|morning|evening|afternoon|week|month|year|decade)"
_JOINING = re.compile(
    rf"""{LEAD}(?P<word>
      but|and|or|so(?!\s(?:far|many|much|few|called)\b)|yet|nor|also|however|meanwhile|moreover
      |furthermore|instead(?!\sof\b)|therefore|thus|hence|otherwise|nevertheless|nonetheless
      |then(?!\s(?:president|mayor|governor|secretary|senator|prime)\b)|besides(?!\s\w)|likewise
      |similarly|additionally|consequently|conversely|rather(?!\sthan\b)|indeed|subsequently
      |afterwards?|thereafter|elsewhere|alternatively|accordingly|plus|lastly|unfortunately|anyway
      |(?:still|further|again|first|second|third|finally|next|well|sure|no|yes|ok|okay)(?=,)
      |in\s(?:addition|contrast|turn|response|return)(?!\s(?:to|of|for|with)\b)
      |in\s(?:fact|short|particular|other\swords|the\s(?:meantime|process)|doing\sso)|by\scontrast
      |as\sa\s(?:result|consequence)(?!\sof\b)|as\ssuch|for\s(?:example|instance|one(?=,))
      |on\sthe\s(?:other\shand|contrary)|on\stop\sof\sthat|at\sthe\ssame\stime
      |at\sth(?:e|at)\s(?:time|point)(?!\s(?:of|when|the)\b)|in\sthe\send(?=,)|not\sto\sbe\soutdone|to\sdo\sso|of\scourse
      |not\sto\smention|like(?=\s[a-z]+ing\b)|just\san?(?=\s)|even\s(?:so|then|worse)|that\ssaid|after\sall|worse|better\syet|what's\smore
      |(?:after|before|by|since|until|from|despite|because\sof)\s(?:that|then|there|this(?!\s{PRESENT}))
      |(?:in|with|under|for|at|on|to|by|from|during|against|through|according\sto|because\sof)\s(?:these|those|that|this(?!\s(?:{PRESENT}|point\sin\b)))
      |(?:the\s)?(?:next|following|same|previous|other)\s{_TIME}(?!\sof\b)
      |(?:later|earlier)(?=,|\s(?:that|the\ssame|in\sthe\s{_TIME})\b)
      |(?:soon|shortly|immediately|right)\s(?:afterwards?|thereafter|after(?=,))
      |(?:(?:an?|two|three|four|five|six|several|many|just|only|some|few|\d+)\s){{0,3}}
        (?:moment|{_TIME})s?\s(?:later|earlier|before)(?=,|\s(?:he|she|they|it|the)\b)
      |another|(?:a|the)\s(?:second|third|fourth|fifth)(?=\s(?:person|man|woman|suspect|victim
        |officer|group|source|official|student|attack|attacker|gunman|explosion|blast|bomb|video
        |option|reason|quake|earthquake|aftershock|crash|fire|storm|plane|vehicle|one)\b)
      |(?:(?:one|two|three|four|several|some|many|the|most|few)\s)?others?(?=\s)(?!\sthan\b)
      |(?:more|most)\simportantly|either\sway|no\swonder|this\stime
    )\b(?!-)""",
    re.VERBOSE,
)

# Within a sentence, between marks: ", however," and ", too" at the end.
_INTERRUPTING = re.compile(
    r", (?P<word>however|though|too|meanwhile|instead|therefore|for\s(?:example|instance)|in\sturn"
    r"|nevertheless|nonetheless|moreover|as\swell)[,.](?!\S*\w)"
)


def points_back(lower: str) -> str | None:
    """Return what points back at the beginning of a sentence, in lower case: "he"."""
    found = _POINTING.match(lower)
    return found["word"] if found else None


def joins(lower: str) -> str | None:
    """Return what joins a sentence to the one before it: "but", ", however,"."""
    found = _JOINING.match(lower) or _INTERRUPTING.search(lower)
    return found["word"] if found else None
