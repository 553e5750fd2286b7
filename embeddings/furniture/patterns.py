"""The pieces that patterns of furniture are made of: dates, names, agencies, slugs, credits."""

import re


def either(*alternatives: str) -> str:
    """Return a pattern that matches one of the alternatives, tried in this order."""
    return f"(?:{'|'.join(alternatives)})"


AGENCY = either(
    r"(?:The )?Associated Press|Agence France-Presse|(?:Thomson )?Reuters(?: [\w ]{1,20})?|REUTERS",
    r"AP|AFP|UPI|ANI|PTI|IANS|EFE|ANSA|DPA|dpa|TASS|ITAR-TASS|RIA Novosti|Interfax|Xinhua|Kyodo",
    r"Yonhap|Anadolu|Bloomberg|BBC|CNN|CNNMoney|CBS|NBC|ABC|NPR|VOA|RFE/RL|RFERL|PA|EPA|MCT|CP",
)
_PICTURE_AGENCY = either(
    r"(?:The )?Associated Press|AP(?: Photo| Images?)?|Getty(?: Images)?|AFP|Reuters|REUTERS|EPA",
    r"TASS|Shutterstock|iStock|Alamy|Corbis|Rex|REX|WireImage|FilmMagic|Splash News|Bloomberg",
    r"Xinhua|ANSA|dpa|Sputnik|SPUTNIK|RIA Novosti|Press Association|PA|CEN|Caters|Barcroft",
    r"Invision|NASA|Flickr|YouTube|Facebook|Twitter|Instagram|Wikimedia(?: Commons)?|Unsplash",
    r"Kremlin\.ru|Staff Photographer|Contributed|ITAR-TASS|Anadolu(?: Agency)?",
)
PHOTO = (
    r"(?i:photo(?:graph)?s?|images?|pictures?|pics?|illustrations?|graphics?"
    r"|screen ?(?:shot|grab)s?)"
)

_MONTH = either(
    r"Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?",
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?",
)
MONTH = rf"(?i:{_MONTH}\b\.?)"
DAY = r"(?i:(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b\.?,?)"
CLOCK = r"(?:\d{1,2}[:.]\d\d(?::\d\d)?\s?(?:[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?)"
DATE = either(
    rf"{MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}",
    rf"\d{{1,2}}(?:st|nd|rd|th)?\s{MONTH},?\s\d{{4}}",
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?)?",
    r"\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d\d)",
)
_NAME_WORD = r"[A-Z][\w.'’-]{0,30}"
NAME = rf"{_NAME_WORD}(?:\s(?:{_NAME_WORD}|de|van|von|der|al|bin|la|del|di)){{1,4}}"

_PLACE = r"[A-Z][\w.'’-]{1,25}(?: [A-Z][\w.'’-]{1,25}){0,3}"
_NO_PLACE = either(
    r"UPDATE|BREAKING|WATCH|VIDEO|PHOTOS?|MORE|READ|LIVE|EXCLUSIVE|NOTE|WARNING|FILE|LOOK|CORRECTION"
)
_CAPITALS = rf"(?!{_NO_PLACE})[A-Z][A-Z.'’-]{{2,25}}(?: [A-Z][A-Z.'’-]{{1,25}}){{0,3}}"
_REGION = r"(?:, [A-Z][\w.'’ -]{1,30}){0,2}"
_WHEN = rf"(?:,? (?:{DAY} )?(?:{MONTH} \d{{1,2}}|\d{{1,2}} {MONTH})(?:,? \d{{4}})?|,? {DAY})?[.,]?"
_DASH = r"(?:--+|[-–—―:|])"
_SENTENCE = r"\s?[\"“'‘(]?[A-Z0-9]"
_OPEN, _CLOSE = r"[(\[/]", r"[)\]/][.,]?"

# What every slug has and few beginnings of prose: those are told by a glance, where the
# alternatives would try long and in vain.
GLANCE = r"(?=[(\[]|[A-Z][A-Z.'’-]|[A-Z][^(\[/]*[(\[/])"

# A place, a date, an agency in brackets, a dash: some of these, in this order.
SLUG = re.compile(
    GLANCE
    + either(
        rf"{_PLACE}{_REGION}{_WHEN} ?{_OPEN}(?:{AGENCY}|[A-Z][\w/ .-]{{1,25}}){_CLOSE}\s?{_DASH}",
        rf"{_PLACE}{_REGION}{_WHEN} ?{_OPEN}{AGENCY}{_CLOSE}(?={_SENTENCE})",
        rf"{_CAPITALS}{_REGION}{_WHEN}\s(?:--+|[–—―]|-(?=\s))",
        rf"{_CAPITALS}{_REGION}{_WHEN}(?:--|[–—―])",
        rf"[(\[](?:{AGENCY}|[A-Z][\w/]{{1,15}})[)\]]\s?{_DASH}",
        rf"[(\[]{AGENCY}[)\]](?={_SENTENCE})",
        r"\([A-Z][\w' ]{2,30}\)(?=[A-Z])",
    )
    + r"\s?(?=[\"“'‘«(\[\w$£€])"
)
SLUG_ALONE = re.compile(
    either(
        rf"{_CAPITALS}{_REGION}{_WHEN} ?"
        + either(rf"\((?:{AGENCY}|[A-Z][\w/ .]{{1,20}})\)\s?{_DASH}?", r"\|", _DASH),
        rf"{_PLACE}{_REGION}{_WHEN} ?[(\[]{AGENCY}[)\]]\s?{_DASH}?",
        rf"[(\[]{AGENCY}[)\]]\s?{_DASH}?",
    )
    + "$"
)
SLUG_ENDS = ")]|:-–—―"  # What a slug alone can end with.
# Agencies put the writer before the place: "By Jane Doe PARIS, Nov 26 (Reuters) - ...".
BYLINE_BEFORE_SLUG = re.compile(
    rf"By (?:[A-Z][a-z.'’-][\w.'’-]{{0,25}}\s|[A-Z]\.?\s|and\s"
    rf"|,\s){{2,9}}(?={_CAPITALS}{_REGION}{_WHEN} ?{_OPEN})"
)

CREDIT_ALONE = either(
    rf"(?:[\w.'’ -]{{2,40}}\s?[/|]\s?){{0,3}}{_PICTURE_AGENCY}(?:\s?[/"
    rf"|,]\s?[\w.'’ -]{{2,40}}){{0,3}}$",
    rf"{_PICTURE_AGENCY}\s?/\s?[\w.'’ -]{{2,50}}$",
    r"[A-Z][\w.'’-]{1,20} [A-Z][\w.'’-]{1,20} ?/ ?[A-Z][\w.'’ -]{1,30}$",
)
_NAMED = r"(?:@?[A-Z][\w.'’-]{0,30}|via|for|and|of|by)"
_BETWEEN = r"[ ,/|&;]{1,3}"
_IN_BRACKETS = either(
    rf"(?!(?i:photos|pictures|images):){PHOTO}(?i: credits?| courtesy)?"
    rf"(?i: by| from| of|:|/| courtesy)[^()\[\]]{{1,90}}",
    rf"[A-Za-z][^()\[\]]{{0,40}}{PHOTO}",
    r"(?i:credits?|courtesy)[^()\[\]]{1,90}",
    rf"(?:{_NAMED}{_BETWEEN}){{0,8}}\b{_PICTURE_AGENCY}(?:{_BETWEEN}{_NAMED}){{0,8}}",
    r"[A-Z][\w.'’ -]{2,50} ?/ ?[A-Z][\w.'’ -]{1,60}",
)
CREDIT_AT_END = re.compile(
    either(
        rf"(?<=[.!?\"”’'…\w)])\s?[(\[]{_IN_BRACKETS}[)\]]",
        r"\s\*\*[^*:.!?\[\]]{2,80}\*\*",
        rf"(?<=[\s.]){either(PHOTO, '(?i:credits?)')}(?i: credits?| courtesy)?\s?(?::"
        rf"|\bby\b)(?:[^.:]|\.(?=\w)){{0,70}}",
        rf"(?<=[.!?\"”’'…])\s?(?:[\w.'’-]{{2,20}} [\w.'’-]{{2,20}} ?/ ?)?{_PICTURE_AGENCY}"
        rf"(?: ?/ ?[\w.'’ -]{{2,40}}){{0,3}}",
        r"(?<=\s)(?:REUTERS|AP Photo|AFP|EPA|Getty Images)(?: ?/ ?[\w.'’ -]{2,40}){1,3}",
    )
    + "$"
)
SIGN_OFF = re.compile(
    r"\((?:(?:Additional|Further|With) )?(?:[Rr]eport(?:ing|ed|s)?|[Ww]riting|[Ww]ritten"
    r"|[Ee]dit(?:ing|ed)|[Cc]ompiled)"
    r"\b[^()]{3,250}\)$"
)
