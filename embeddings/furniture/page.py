"""Rules for what belongs to the page and not to the story: pointers, pleas, navigation."""

from embeddings.article import Label
from embeddings.furniture.patterns import either
from embeddings.furniture.rule import rule

_UNSTOPPED = r".{0,130}(?<!\.)$"
_SITES = either(
    r"twitter|facebook|instagram|youtube|google\+?|pinterest|tumblr|linkedin|telegram",
    r"whatsapp|threads|x",
)
_LOOK = either(
    r"visit|see|go to|click|head (?:to|over)|follow|check out|read|watch|sign up|call|https?:"
)

PAGE_RULES = (
    rule(
        Label.RELATED,
        "It points to other stories.",
        r"related(?: (?:articles?|stor(?:y|ies)|coverage|content|links?|news|topics?|reading"
        r"|posts?|videos?|roundups?|galler(?:y|ies)))?\s?(?:$|[:|–—-])",
        r"(?-i:(?:Related|RELATED) [A-Z][\w’']*:? )",
        r"also (?:read|see|watch)\s?:",
        r"more information\s*$",
        r"(?:see|read|watch)?\s?also\s?(?:on [\w. ]{2,30})?\s?[:|]",
        r"(?:see|read) also\b",
        r"read (?:more|next|this|also)\s?(?:$|[:|–—-])",
        r"read (?:our|the full|the whole|full|more)\b" + _UNSTOPPED,
        r"see (?:all|more|our)\b" + _UNSTOPPED,
        r"(?:full|complete) coverage\b" + _UNSTOPPED,
        r"more\s?(?:$|:)",
        r"more (?:from|news|on|stories|coverage|videos?|about)\b" + _UNSTOPPED,
        r"(?:you (?:may|might)|readers) also (?:like|read|enjoy)",
        r"recommended(?: for you)?\s?(?:$|:)",
        r"don.t miss\b" + _UNSTOPPED,
        r"(?:must|top|most|trending|editor.?s.? picks?)[ -]?(?:reads?|stories|popular|news"
        r"|now)?\s?(?:$|:)",
        r"(?:see|view|read) (?:pictures|photos|the (?:full|complete|entire|latest|top|best"
        r"|rest|original))\b.{0,100}$",
        r"see .{0,60}\bbelow\W*$",
        r"for more (?:on|from|about|information|info|details|news|stories|coverage"
        rf"|visit|see|go|head)\b.{{0,80}}(?:\b{_LOOK}|:)",
        r"click for more\b",
        r"for more\b[^.]{0,40}:",
        rf"to (?:read|learn|find out|see) more\b.{{0,80}}(?:\b{_LOOK}|:)",
        r"(?:in pictures|pictures|photos|photo gallery|gallery|videos?|watch|listen|timeline"
        r"|interactive|slideshow|read|must watch|must read|explainer|in depth|also)\s?:\s?\S"
        + _UNSTOPPED,
        r"all about\b[^.]{0,50}$",
    ),
    rule(Label.RELATED, "It points to other stories.", r"(?-i:Related[A-Z])", most=1200),
    rule(
        Label.RELATED,
        "It ends by asking to read another story.",
        r".{3,200}\bread (?:more|full (?:story|article))\s?[»>›→.…]*$",
    ),
    rule(
        Label.BOILERPLATE,
        "It asks the reader to click, share, follow, subscribe or comment.",
        r"(?:please )?(?:click|tap) (?:here|to|on|for|above|below)\b",
        r"[^.]{0,80}\bclick here\b" + _UNSTOPPED,
        r"(?:please )?(?:subscribe|sign[ -]?up|log[ -]?in|sign[ -]?in)\b[^.]{0,160}[.!]?$",
        rf"follow (?:us\b|@|our\b|[\w.’'@() -]{{2,80}}? (?:(?:on|via|at) {_SITES}\b"
        r"|for updates))",
        r"(?:like|find|join|visit) us (?:on|at)\b",
        r"(?:share|tweet|e-?mail|print|save|send|embed|pin)(?: (?:this|to|on|via|it|a link"
        r"|article|story|page|with)\b[^.]{0,80})?\s?$",
        r"(?:read or )?share this\b",
        r"(?:view |leave a |post a |add a |\d[\d,]{0,7} )?comments?(?: \(?\d+\)?| unavailable"
        r"| closed| are closed)?\s?$",
        r"(?:tell us|let us know|have your say|what do you think)\b.{0,160}$",
        r"(?:do )?(?:you )?(?:have|got) (?:a|any) (?:story|tip|news)\b",
        r"(?:download|get) (?:our|the) (?:free |new |latest )?(?:[\w ]{0,30}\bapp"
        r"|newsletter)\b",
        r"(?:our |daily |weekly |free )?newsletters?\b[^.]{0,60}$",
        r"(?:contact|reach|e-?mail) (?:the (?:writer|author|reporter)|us|me|him|her"
        r"|[\w ]{2,40})? ?at\b.{0,30}(?:@|\d)",
        r"@\w{2,30}$",
        r"twitter\s?:?\s?@\w{2,30}$",
        rf"(?:e-?mail to a friend|{_SITES})\W*$",
        most=400,
    ),
    rule(
        Label.BOILERPLATE,
        "It advertises the outlet to its reader.",
        r"get (?:the |our )?[\w ’']{0,40}(?:in|to) your inbox",
        r"want (?:the|more) (?:news|stories)\b",
        r"interested in [^?]{0,60}\? add\b",
        r"help spread the word\b",
        r"donate (?:now|here|today)\b",
        r"stay tuned\W*$",
        r"support (?:our|us|the [\w ]{2,40} project|independent)\b[^.]{0,60}[!.]?$",
        most=1200,
    ),
    rule(
        Label.BOILERPLATE,
        "It belongs to the page, not to the story.",
        r"adverti[sz]e?ments?\s?(?:$|[-–—:]|continue)",
        r"sponsored(?: content| by\b.{0,40})?\s?$",
        r"promoted(?: content)?\s?$",
        r"ads$",
        r"(?:story|article|post) continue[sd]? (?:below|after)",
        r"(?:.{0,40}\b)?continue reading\b",
        r"article tools$",
        r"scroll (?:down|to|for)\b" + _UNSTOPPED,
        r"loading\W*$",
        r"(?:video|poll|photo|image|comments) loading\b",
        r"(?:view|see|open|launch|enlarge|hide|show) (?:the )?(?:gallery|image|photos?"
        r"|slideshow|captions?|comments|video|more|all)\b[^.]{0,60}$",
        r"(?:watch|see|view) (?:the )?(?:full )?(?:video|clip|segment|footage|trailer|photos?"
        r"|tweets?)? ?(?:below|above|here)\b[^.]{0,60}$",
        r"(?:photos?|videos?|gallery|images?|media|tags?|topics?|tagged|share|menu|home"
        r"|search|advert|play|pause|replay|close|update[sd]?|live|breaking(?: news)?|print"
        r"|text size|categor(?:y|ies)|next|previous)\s?\d{0,5}$",
        r"(?:tags?|topics?|filed under|tagged|posted in|categor(?:y|ies)|keywords|labels?"
        r"|section)\s?:",
        r"skip to\b[^.]{0,40}$",
        r"back to\b[^.]{0,40}$",
        r"text size\b\W*$",
        r"@media\b",
        r"(?:we|this (?:web)?site) uses? cookies",
        r"cookie (?:policy|settings)\b",
        r"(?:more|updates?) to (?:come|follow)\b",
        r"this is a (?:breaking|developing) (?:news )?story\b",
        r"(?:breaking|developing) (?:news )?story\W*$",
        r"(?:please )?(?:check|come) back (?:for|soon)\b",
        r"(?:please )?(?:enable|turn on) javascript",
        r"your browser (?:does|is|must)",
        r"(?:using|on) a mobile device\b",
        r"media playback is (?:un|not )supported on your device$",
        r"this (?:video|content) is (?:not available|no longer|un|private)",
        r"\(?\d{1,3}/\d{1,3}\)?$",
        r"page \d{1,3}\b.{0,12}$",
        r"\d[\d,. ]{0,12}$",
        r"[\w.]{3,40}\([^()]{0,80}\);$",
        r"(?:var|function|window\.)\s?\w{0,30}\s?[=(]",
        r"(?-i:(?=.{0,60}[a-z])[a-z0-9]{1,30}(?:[-_][a-z0-9]{1,30}){1,8}(?:\.\w{3,4})?$)",
        r"updated?\s?:$",
        r"(?:end of )?(?:document|transcript)$",
        r"ends?$",
        r"(?:[\w. ]{1,30} )?\d+ (?:minutes?|hours?|days?|weeks?|months?) ago$",
        r"\d[\d.,km]{0,8} (?:shares?|likes?|views?|votes?|retweets?)\b.{0,80}$",
        r"(?:just|must) watched?\b" + _UNSTOPPED,
        most=300,
    ),
)
