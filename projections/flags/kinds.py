"""What kind of spending a merchant stands for: by its category code (MCC, ISO 18245), or by Danish words.

The codes are the standard's own. The words are of trades, and no shop's name.
"""

import re
from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    CASH = "cash"
    ALCOHOL = "alcohol"
    BETTING = "betting"
    EATING_OUT = "eating_out"
    GROCERIES = "groceries"
    FAMILY = "family"
    LEISURE = "leisure"


DANISH = {
    Kind.CASH: "kontanter",
    Kind.ALCOHOL: "øl, vin, spiritus eller tobak",
    Kind.BETTING: "spil",
    Kind.EATING_OUT: "café, restaurant eller bar",
    Kind.GROCERIES: "dagligvarer",
    Kind.FAMILY: "børns skole og pasning",
    Kind.LEISURE: "rejser, forlystelser, legetøj eller smykker",
}
ENGLISH = {
    Kind.CASH: "cash",
    Kind.ALCOHOL: "beer, wine, spirits or tobacco",
    Kind.BETTING: "betting",
    Kind.EATING_OUT: "cafés, restaurants or bars",
    Kind.GROCERIES: "groceries",
    Kind.FAMILY: "children's school and care",
    Kind.LEISURE: "travel, amusements, toys or jewellery",
}

CODES = {
    **dict.fromkeys(("4829", "6010", "6011", "6050", "6051"), Kind.CASH),
    **dict.fromkeys(("5813", "5921", "5993"), Kind.ALCOHOL),
    **dict.fromkeys(("7800", "7801", "7802", "7994", "7995", "9406"), Kind.BETTING),
    **dict.fromkeys(("5811", "5812", "5814"), Kind.EATING_OUT),
    **dict.fromkeys(
        ("5297", "5298", "5300", "5411", "5422", "5441", "5451", "5462", "5499"), Kind.GROCERIES
    ),
    **dict.fromkeys(("8211", "8351"), Kind.FAMILY),
    **dict.fromkeys(
        ("4411", "4722", "5944", "5945", "5977", "7011", "7012", "7832", "7841", "7991", "7996"),
        Kind.LEISURE,
    ),
}

# Whole words or the ends and beginnings of Danish compounds: `ølbar`, `vinhandel`, `burgerbaren`.
WORDS = {
    Kind.CASH: r"kontantautomat\w*|pengeautomat\w*|hæveautomat\w*|vekselkontor\w*|pengeoverførsel",
    Kind.ALCOHOL: (
        r"\w*spiritus\w*|vin|vine|vinhand\w*|vinhus\w*|vinbar\w*|vinkælder\w*|øl|øl\w*bar\w*|ølhus\w*"
        r"|ølhal\w*|ølstue\w*|bodega\w*|værtshus\w*|\w*pub|\w*pubben|tobak\w*|cigar\w*|vape\w*"
    ),
    Kind.BETTING: r"casino\w*|kasino\w*|spillehal\w*|tips|lotto|odds\w*|betting\w*|væddeløb\w*",
    Kind.EATING_OUT: (
        r"caf[eé]\w*|kaffebar\w*|kaffehus\w*|kaffe|\w*restaurant\w*|\w*pizz\w*|\w*burger\w*"
        r"|\w*grill\w*|\w*bistro\w*|\w*sushi\w*|kebab\w*|shawarma\w*|spisehus\w*|spisested\w*|kro|kroen"
        r"|pølsevogn\w*|cafeteria\w*|iskiosk\w*|ishus\w*|bar|baren|cocktail\w*|natklub\w*|diskotek\w*"
    ),
    Kind.GROCERIES: (
        r"købmand\w*|\w*supermarked\w*|dagli\w*|discount\w*|minimarked\w*|\w*kiosk\w*|slagter\w*"
        r"|bager|bageri\w*|fiskehandel\w*|grønthandel\w*|brugsen|\w*brugs|slik\w*|nærbutik\w*|døgner\w*"
    ),
    Kind.FAMILY: (
        r"\w*kostskole\w*|\w*efterskole\w*|privatskole\w*|friskole\w*|\w*børnehave\w*|vuggestue\w*"
        r"|dagpleje\w*|fritidshjem\w*|legestue\w*"
    ),
    Kind.LEISURE: (
        r"\w*rejsebureau\w*|\w*rejser|charter\w*|ferie\w*|\w*hotel\w*|biograf\w*|tivoli\w*|legeland\w*"
        r"|\w*forlystelse\w*|legetøj\w*|guldsmed\w*|smykke\w*|parfume\w*|\w*bowling\w*|spilbutik\w*"
    ),
}
READ = {kind: re.compile(rf"(?<!\w)(?:{words})(?!\w)") for kind, words in WORDS.items()}


def kind_of_code(mcc: str) -> Kind | None:
    return CODES.get(mcc)


@lru_cache(10_000)
def kind_of_name(merchant: str) -> Kind | None:
    """The kind that the merchant's own name tells, if any."""
    folded = merchant.casefold()
    return next((kind for kind, words in READ.items() if words.search(folded)), None)


OPEN = re.compile(r"^(other|andet|øvrig\w*|diverse)\b")


@lru_cache(1_000)
def is_open(category: str) -> bool:
    """Whether the category (its id and its name) is the one for what no other covers."""
    return OPEN.search(category.casefold()) is not None


OWN_BUSINESS = re.compile(r"business|virksomhed|erhverv|iværksæt")


@lru_cache(1_000)
def buys_goods(category: str) -> bool:
    """Whether a line of the category (its id and its name) may buy raw materials where all buy food: one
    for a business of the citizen's own."""
    return OWN_BUSINESS.search(category.casefold()) is not None


@lru_cache(10_000)
def shop(name: str) -> str:
    """The same for a shop's name however it was keyed or read."""
    folded = name.casefold().replace("aa", "å").replace("&", " og ")
    words = re.sub(r"[^\w]+", " ", folded).split()
    return " ".join(word for word in words if word not in ("aps", "a", "s", "as", "is", "ivs"))
