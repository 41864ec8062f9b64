"""A made-up town: its shops, with their numbers, trades and prices, another one for each seed.

None of the names is the pilot's. Some tell their trade and some don't: rules can't lean on words alone.
"""

from dataclasses import dataclass
from random import Random

from stdnum.dk import cvr as cvr_numbers

PLACES = (
    *("Vestergade", "Østbyen", "Havnen", "Møllevej", "Nordkvarteret", "Sønderport", "Lunden"),
    *("Bakken", "Kanalen", "Torvet", "Ringvejen", "Stationen", "Engen", "Fjorden"),
)
OWNERS = ("Vinther", "Kjær", "Holst", "Ravn", "Lassen", "Bech", "Dam", "Skov", "Friis", "Toft")

# Category: its name, MCC, whether its goods bear VAT, and how its shops may be called.
TRADES: dict[str, tuple[str, str, bool, tuple[str, ...]]] = {
    "course": ("Kurser", "8299", False, ("Kursushuset {}", "AMU {}", "Skolen for voksne {}")),
    "driving_licence": ("Kørekort", "8299", False, ("{} Køreskole", "Trafikskolen {}")),
    "computer": ("Computer", "5732", True, ("Computerhuset {}", "{} IT", "Bits {}")),
    "dental": ("Tandbehandling", "8021", False, ("Tandlægerne {}", "Tandklinik {}")),
    "glasses": ("Briller", "8043", True, ("Optik {}", "Brillehuset {}")),
    "therapy": ("Psykolog og terapi", "8099", False, ("Psykolog {}", "Samtaler {}")),
    "transport": ("Befordring", "4111", False, ("Cykler {}", "{} Busser", "Pendlerkort {}")),
    "tools": ("Arbejdsredskaber", "5251", True, ("Værktøj {}", "{} Fagbøger", "Jern & Stål {}")),
    "business": ("Udstyr til egen virksomhed", "5046", True, ("Inventar {}", "{} Engros")),
    "clothes": ("Tøj til jobsamtaler", "5651", True, ("Tøj {}", "{} Herretøj", "Damer {}")),
    "other": ("Andet", "7999", True, ("Fritid {}", "Kurbad {}", "Friluft {}")),
}
# What money isn't granted for, by MCC: names that tell it, and names that don't.
ODD: dict[str, tuple[str, ...]] = {
    "5812": ("Café {}", "Restaurant {}", "Hos {}", "{} & Søn Spiseri"),
    "5813": ("{} Bodega", "Bar {}", "Den blå {}"),
    "5814": ("Pizza {}", "{} Burger", "Hurtigt {}"),
    "5411": ("Supermarked {}", "Købmand {}", "{} Fødevarer"),
    "5499": ("Kiosk {}", "Minimarked {}", "{} Dag & Nat"),
    "5921": ("Vinhandel {}", "Spiritus {}", "{} & Co."),
    "7995": ("Spillehal {}", "Lykken {}"),
    "5945": ("Legetøj {}", "{} Modeltog"),
    "8211": ("{} Kostskole", "{} Privatskole", "Skolen ved {}"),
}
CASH = ("6010", "6011")
GROCERIES = ("5411", "5499")


@dataclass(frozen=True)
class Shop:
    name: str
    cvr: str
    mcc: str
    bears_vat: bool


def cvr_number(dice: Random, *, valid: bool = True) -> str:
    while True:
        number = str(dice.randint(10_000_000, 99_999_999))
        if cvr_numbers.is_valid(number) == valid:
            return number


@dataclass(frozen=True)
class Town:
    shops: dict[str, list[Shop]]  # By category.
    odd: dict[str, list[Shop]]  # By MCC.

    def any_odd(self, dice: Random) -> Shop:
        return dice.choice([shop for shops in self.odd.values() for shop in shops])


def town(dice: Random) -> Town:
    called = [*PLACES, *OWNERS]

    def shops(patterns: tuple[str, ...], many: int, mcc: str, *, vat: bool) -> list[Shop]:
        names = {dice.choice(patterns).format(dice.choice(called)) for _ in range(many)}
        return [Shop(name, cvr_number(dice), mcc, vat) for name in sorted(names)]

    return Town(
        {
            category: shops(patterns, dice.randint(2, 4), mcc, vat=vat)
            for category, (_, mcc, vat, patterns) in TRADES.items()
        },
        {mcc: shops(patterns, dice.randint(1, 3), mcc, vat=True) for mcc, patterns in ODD.items()},
    )
