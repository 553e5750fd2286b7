"""The words of English news that the rules know."""

# Marks around a word.
MARKS = "\"'“”‘’„«»()[]{}<>,;:.!?…*_–—-•"


def listed(words: str) -> frozenset[str]:
    """Make a set of the words in a string."""
    return frozenset(words.split())


SAYING = listed(
    "said says say saying told tells asked asks added adds wrote writes announced argued argues "
    "claimed claims tweeted posted replied explained explains noted notes stated insisted warned "
    "joked recalled recalls continued declared quoted called testified confirmed acknowledged "
    "admitted conceded cautioned remarked concluded responded suggested believes believe believed "
    "thinks reported estimates"
)

CALENDAR = listed(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may "
    "june july august september october november december christmas easter thanksgiving ramadan"
)

PREPOSITIONS = listed(
    "about above across against along among around at behind below beneath beside between beyond "
    "by during for from in inside into near of off on onto outside over past through throughout "
    "to toward towards under upon via with within without amid despite unlike like according "
    "alongside following including regarding"
)

SUBORDINATORS = listed(
    "after although as because before if once since though unless until when whenever where "
    "whereas whether while wherever"
)

# Nouns of people that do not end like "lawyer" or "artist", and what ends so and is no person.
PERSONS = listed(
    "man woman boy girl child kid teen teenager toddler baby infant suspect victim father mother "
    "mom dad parent son daughter brother sister husband wife uncle aunt grandfather grandmother "
    "grandson nephew niece cousin boyfriend girlfriend friend neighbor neighbour widow fiance "
    "fiancee student pupil pilot president chief judge king queen prince princess pope bishop "
    "priest nun cop deputy sheriff agent captain sergeant nurse patient guard journalist "
    "spokesman spokeswoman spokesperson chairman chairwoman congressman congresswoman politician "
    "musician star athlete coach veteran defendant inmate immigrant refugee tourist guest expert "
    "analyst scientist official aide candidate witness guy gentleman lady hostage hero gunman "
    "rookie client colleague citizen resident someone somebody anyone anybody everyone nobody who "
    "whoever person mayor minister governor senator attorney counsel critic diplomat billionaire "
    "millionaire comedian artist celebrity mogul"
)
THINGS_IN_ER = listed(
    "after another center computer corner counter cover december either ever fewer former further "
    "her however inner larger later latter letter longer matter meter monster never newspaper "
    "november number october offer order other outer over paper power quarter rather river "
    "september shelter summer super tower twitter under water weather whether winter error floor "
    "door major minor mirror poor color favor harbor labor for nor or smaller greater better "
    "older younger disaster powder trailer thriller filter transfer layer poster register cancer "
    "dinner answer chapter consider manner remember discover chamber tender horror terror vapor "
    "rumor honor prior interior exterior tumor per upper closer career finger fever hover deliver "
    "recover butter helicopter cheaper smarter easier faster hotter heavier printer"
)

# Nouns that name something that was named before: what it is called is not said.
PEOPLE_NOUNS = listed(
    "man woman boy girl child baby infant toddler teen teenager suspect victim couple driver "
    "officer pilot gunman shooter attacker actor actress singer comedian rapper player star model "
    "artist author director defendant inmate student teacher patient nurse lawyer judge men women "
    "boys girls children suspects victims officers drivers gunmen attackers students teachers "
    "patients defendants inmates actors brothers sisters parents pair duo trio father mother son "
    "daughter brother sister husband wife widow family teenagers teens kids youngster youth "
    "soldiers soldier passenger passengers deputies deputy trooper troopers politician "
    "researchers scientists authors musician athlete veteran billionaire lawmaker lawmakers "
    "assailant assailants robber robbers thief thieves hacker hackers killer hostage hostages "
    "survivors crew candidate candidates winner winners filmmaker journalist journalists "
    "activists protesters"
)
THING_NOUNS = listed(
    "company firm group agency organization organisation team club airline school university "
    "hospital bank network channel newspaper magazine website site app store restaurant hotel "
    "film movie show series book novel song album game video clip photo photos image images "
    "footage picture pictures letter email report study survey poll article story document "
    "documents statement message tweet post posts lawsuit suit complaint bill measure law "
    "legislation proposal plan deal agreement policy program project initiative decision ruling "
    "move change changes announcement claim claims comments comment remarks allegation "
    "allegations charges charge accusation accusations revelation device car vehicle truck van "
    "plane aircraft jet helicopter boat ship vessel train bus drone drones house home building "
    "apartment property area animal animals dog cat bird creature creatures species incident "
    "incidents accident crash collision meeting interview trial case hearing verdict sentence "
    "investigation probe discovery finding findings results event ceremony package gun weapon "
    "knife bullet ring item items product products drug drugs medication tax fee award prize role "
    "character trailer body bodies remains region village island bomb explosives money treatment "
    "procedure surgery operation rescue search system machine software tool spacecraft satellite "
    "rover asteroid planet star object method technique theory"
)

NOUNS = PEOPLE_NOUNS | THING_NOUNS

# Common nouns in the plural that begin a sentence with a capital and are no names.
GROUPS = listed(
    "police officials authorities prosecutors investigators detectives deputies doctors witnesses "
    "relatives neighbors neighbours lawyers sources reports residents officers friends critics "
    "experts scientists researchers records documents court firefighters paramedics medics "
    "rescuers reporters analysts lawmakers republicans democrats people others"
)

FUNCTION_WORDS = listed(
    "many some most several few one two three the a an this that these those there here it its he "
    "she they we you i his her their our my your no not all both each every more less so but and "
    "or then now also just only even still yet such what which who why how asked speaking"
)

PLURALS = listed(
    "people police men women children kids both parents couple pair two three four five six seven "
    "eight nine ten many some several few others everyone anyone someone and or who whoever "
    "nobody group team family crew band company government public majority staff each those"
)

# Last words of names in capitals that are not names of people.
NO_SURNAMES = listed(
    "court house department university college school party senate street road avenue state "
    "states police county city games cup office bank hospital church times post journal news "
    "press agency center centre island islands river lake hills valley beach coast sea ocean "
    "mountain mountains airport airlines airways air force army navy guard corps association "
    "union council committee commission congress parliament ministry service services company "
    "corp inc group foundation institute museum club team league series show act law bill week "
    "month war north south east northern southern eastern western america american americans "
    "nations kingdom republic korea africa zealand york carolina dakota virginia jersey mexico "
    "hampshire francisco angeles vegas diego texas california florida tower building prison jail "
    "board bureau administration district area region province international world national "
    "federal central royal islamic red president secretary minister general director chief "
    "officer sheriff mayor governor senator attorney prime queen pope prophet gulf today tonight "
    "video internet twitter facebook instagram god english french german chinese russian british "
    "korean japanese democratic republican democrat democrats republicans muslim muslims "
    "christian christians jewish jews"
)

# A verb ends a subject for certain where it is one of these or ends on "ed".
VERBS = listed(
    "is was were are has had have will would could can may might must did does should said says "
    "also then isn't wasn't weren't doesn't didn't hasn't won't can't came comes went began "
    "begins became took takes made makes shows show found left led fell rose grew gave gives"
)
# What there is only one of, or what the whole article is about, needs no introduction.
KNOWN = listed(
    "government council mayor parliament cabinet ministry governor minister president public "
    "economy market markets weather police military army country state city nation world sun moon "
    "earth internet web church court senate house law constitution media press region area town "
    "village rain snow quake earthquake tremor temblor storm hurricane tsunami flood disaster "
    "attack attacks shooting explosion blast fire violence protests war fighting unrest toll "
    "number numbers rate rates price prices cost costs bodies body data authorities officials "
    "question reason problem truth answer idea point goal aim key issue fact result news good bad "
    "poor rich sick elderly young majority magnitude epicenter shaking death deaths opposition "
    "prime king queen pope dollar euro stock stocks hope electricity power ground devastation"
)
