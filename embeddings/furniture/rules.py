"""What a block's own words give away: the table of rules, each with its reason."""

from embeddings.article import Label
from embeddings.furniture.page import PAGE_RULES
from embeddings.furniture.patterns import (
    AGENCY,
    CLOCK,
    CREDIT_ALONE,
    DATE,
    DAY,
    MONTH,
    NAME,
    PHOTO,
)
from embeddings.furniture.rule import rule

_CAPITAL = r"(?-i:[A-Z])"

# The first rule that matches decides. Patterns see the beginning of a block only, so labelling
# takes time in proportion to the text's length however a pattern backtracks.
RULES = (
    rule(
        Label.BOILERPLATE,
        "It holds no words, only signs that were left encoded.",
        r"(?:[\W_]|&(?:amp;)*\w{2,6};)*$",
        most=1200,
    ),
    rule(
        Label.SOURCE,
        "It says where the text was first published.",
        r"(?:original(?:ly)?(?: published)? ?(?:url|link|source|address|article)?"
        r"|canonical url)\s?:",
        r"(?:sources?|via|url|link|permalink|hat[ -]?tip|h/t)\s?:",
        r"h/t\b",
        rf"via\s{_CAPITAL}[\w.]{{2,30}}$",
        r"(?:this|the) (?:article|story|post|piece|report) (?:was )?(?:originally "
        r"|first )(?:appeared|published|posted|ran)\b",
    ),
    rule(
        Label.SOURCE,
        "It is nothing but an address on the web.",
        r"<?(?:https?://|www\.)\S+$",
        r"[\w-]{2,40}(?:\.[\w-]{2,30}){0,3}\.(?:com|org|net|co\.uk|me|tv)$",
        most=2000,
    ),
    rule(
        Label.SOURCE,
        "It names the account that posted what is quoted.",
        r".{0,20}\ba post shared by\b",
        r"[—–-]{1,2}\s?[^()]{0,60}\(@\w{1,20}\)",
    ),
    rule(
        Label.BOILERPLATE,
        "It is a copyright or legal notice.",
        r"copyright\s?(?:\d{4}|©|\(c\)|by\b|\S{1,30} \d{4}|.{0,60}\ball rights\b)",
        r"(?:\(?c\)|©)\s?\w",
        r"all rights reserved",
        r"(?:re)?printed with (?:the )?permission",
        r"terms (?:of (?:use|service)|and conditions)\b",
        r"this (?:version|story|article|post|report) (?:corrects"
        r"|(?:has been|was) (?:updated|corrected))\b",
        r"this (?:material|content|article|story) may not be (?:published|reproduced|copied)",
        r"(?:the )?(?:views|opinions) (?:and opinions )?expressed (?:in|here|above|are"
        r"|by the author)",
        r"disclaimer\s?:",
        r"privacy policy\b",
        most=1200,
    ),
    rule(
        Label.BYLINE,
        "It names who wrote, reported or edited the text.",
        r"(?:additional |further )?(?:reporting|writing|editing|written|edited|reported"
        r"|compiled|posted|contributed|translated)(?: and (?:reporting|writing"
        rf"|editing))? by\s(?:the )?{_CAPITAL}.{{0,250}}(?<!\.)$",
        r".{3,250}\bediting by\b",
        r"(?-i:[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)?(?: and [A-Z][\w’'-]+"
        r"(?: [A-Z][\w’'-]+)?)? reported from [A-Z])[^.]{2,60}\.$",
        r"contributing\s?:",
        r"with (?:an? )?(?:files?|reports?|reporting|additional reporting) (?:from|by)\s"
        r".{3,200}(?<!\.)$",
        r"(?:authors?|byline|reporter|writer)\s?:\s?\S",
        r"[a-z]{2,4}/[a-z]{2,4}(?: \([^()]{2,40}\))?$",
        r"[\w.+-]{1,40}@[\w-]{1,40}\.[\w.]{2,20}$",
        most=300,
    ),
    rule(
        Label.BYLINE,
        "It names who contributed to the report.",
        r".{2,250}\b(?:contributed to this (?:report|story|article|post)"
        r"|contributed reporting)\b",
        most=300,
    ),
    rule(
        Label.BYLINE,
        "It begins with “By” and a name.",
        rf"(?-i:(?:[Bb]y|BY)\s(?:the\s)?{NAME})[^.!?]{{0,90}}$",
        rf"by\s(?-i:{AGENCY})\b[^.!?]{{0,40}}$",
        most=130,
    ),
    rule(
        Label.BYLINE,
        "It is a name with the person's post.",
        rf"(?-i:{NAME}),?\s(?:(?:is )?an? )?(?:(?:staff|senior|special|chief|political|foreign"
        r"|freelance|associate|managing) ){0,2}(?:writer|reporter|correspondent|editor"
        r"|columnist|contributor)\b[^.]{0,60}$",
        most=130,
    ),
    *PAGE_RULES,
    rule(
        Label.DATELINE,
        "It is a date, or says when the text was published.",
        r"(?!.*\d/\d\d.*\d/\d\d)(?:(?:first |last |originally )?(?:published|updated?|posted"
        rf"|modified|created|date)(?: on| at)?\s?:?\s?)?(?:{DAY}\s)?(?:at\s)?(?:{CLOCK}[\s,"
        rf"|]{{0,3}}(?:[A-Z]{{2,4}}[\s,|]{{0,3}})?(?:on\s)?)?(?:{DAY}\s)?{DATE}(?!\w)(?:[^.!?]"
        r"|[ap]\.m\.?){0,50}$",
        rf"{CLOCK}(?: [A-Z]{{2,4}})?$",
        rf"(?:{DAY}\s)?(?:{MONTH}\s\d{{1,2}}|\d{{1,2}}\s{MONTH})$",
        r"(?:first |last |originally )?(?:published|updated?|posted)(?: on"
        rf"| at)?\s?:?\s?(?:at )?(?:{CLOCK}|{DAY}|{MONTH}\s\d).{{0,60}}$",
        most=110,
    ),
    rule(
        Label.CREDIT,
        "It says whose picture it is.",
        rf"{PHOTO} ?(?:credits?|courtesy|copyright|source)?(?: of)?\s?(?::(?! caption).{{0,90}}"
        r"|\b(?:by|via|courtesy)\b.{0,90}(?<!\.))$",
        r"(?:photo |image |picture |listing |lead |featured )?"
        r"(?:credits?\s?:.{0,90}|image (?:by|via|from)\b.{0,90}(?<!\.))$",
        rf".{{0,60}}\b{PHOTO} (?:via|by|courtesy)\b.{{0,60}}(?<!\.)$",
        r"courtesy(?: of)?\b[^.]{0,90}$",
        rf"{PHOTO}$",
        rf"[\w.]{{2,20}} {PHOTO}$",
        rf"(?-i:{CREDIT_ALONE})",
        most=130,
    ),
    rule(
        Label.CAPTION,
        "It begins as captions do.",
        r"file (?:photo|picture|image)\b",
        r"file\s?[-–—:]{1,2}\s",
        r"(?:image|media|photo|video) (?:caption|copyright)\b",
        r"captions?\s?:",
        r"(?:photo|image|picture|pictured|above)\s?:\s",
        r"\d{1,3} of \d{1,3}(?-i:[A-Z])",
        r".{0,1100}\bhide caption\b",
        r"media playback is unsupported\b",
        r"view images\b",
        r"enlarge this image\b",
        r"toggle caption\b",
        r"embed more news",
        r"(?:figure|fig\.?) \d",
        r"(?-i:CLOSE [A-Z])",
        r"(?:in )?this (?:[\w ,.-]{0,60} )?(?:photo(?:graph)?|image|picture|frame grab|still"
        r"|screenshot)\b[^.]{0,60}(?:\b(?:provided|released|taken|made|shows?|posted|supplied"
        r"|from|courtesy)\b|,)",
        r"(?:undated|handout|archive|combination|composite) (?:photo|picture|image"
        r"|of (?:photos|pictures))\b",
        r"a still (?:from|image|photo)\b",
        r"(?:a )?screen ?(?:shot|grab)\b",
        most=900,
    ),
)
