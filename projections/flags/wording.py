"""How amounts and days are written in the sentences of flags, in Danish and in English."""

from datetime import date

from domain.money import Money


def kr(amount: Money) -> str:
    """`1.250,00 kr.`"""
    return f"{amount.danish()} kr."


def dkk(amount: Money) -> str:
    """`DKK 1,250.00`"""
    swapped = amount.danish().translate(str.maketrans(".,", ",."))
    return f"DKK {swapped}"


def counted(number: int, one: str, many: str) -> str:
    """`1 gang`, `2 gange`"""
    return f"{number} {one if number == 1 else many}"


def dato(day: date) -> str:
    """`05-03-2019`"""
    return f"{day:%d-%m-%Y}"
