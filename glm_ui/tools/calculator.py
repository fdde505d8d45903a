"""Exact arithmetic: an expression in, its value out. Fractions throughout, so that 0.1 + 0.2 is 0.3; roots and the like
have fifty digits. The grammar is Lark's to parse; nothing is ever evaluated as code."""

from __future__ import annotations

import decimal
import functools
import math
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from lark import Lark, Transformer, v_args
from lark.exceptions import LarkError, VisitError

from glm_ui.tools.tool import BUILT_IN, Outcome, Running, Tool, ToolFailed

LONGEST: Final = 2_000
"""Characters of an expression."""
DIGITS: Final = 50
MOST_BITS: Final = 20_000
"""Of a number's numerator or denominator; more is no arithmetic of a person."""

GRAMMAR: Final = r"""
    ?start: sum
    ?sum: product | sum "+" product -> add | sum "-" product -> sub
    ?product: unary | product ("*" | "×" | "·") unary -> mul | product ("/" | "÷") unary -> div
        | product "//" unary -> floor_div | product ("%" | "mod") unary -> mod
    ?unary: power | "-" unary -> neg | "+" unary
    ?power: factor | factor ("**" | "^") unary -> pow
    ?factor: atom | factor "!" -> factorial
    ?atom: NUMBER -> number | NAME "(" arguments ")" -> call | NAME -> constant | "(" sum ")"
    arguments: sum ("," sum)*
    NUMBER: /(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d{1,4})?/
    NAME: /[a-zπ][a-z0-9_]*/
    %ignore /\s+/
"""
_CONTEXT: Final = decimal.Context(prec=DIGITS + 10)


def _decimal(value: Fraction) -> Decimal:
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))


def _root(value: Fraction) -> Fraction:
    if value < 0:
        raise ToolFailed("A negative number has no real square root.")
    above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
    if above**2 == value.numerator and below**2 == value.denominator:
        return Fraction(above, below)
    return Fraction(_CONTEXT.sqrt(_decimal(value)))


def _by_decimal(function: Callable[[decimal.Context, Decimal], Decimal]) -> Callable[[Fraction], Fraction]:
    return lambda value: Fraction(function(_CONTEXT, _decimal(value)))


def _by_float(function: Callable[[float], float]) -> Callable[[Fraction], Fraction]:
    return lambda value: Fraction(repr(function(float(value))))


def _rounded(value: Fraction, digits: Fraction = Fraction(0)) -> Fraction:
    """Halves away from zero, as at school."""
    if digits.denominator != 1 or abs(digits) > 100:
        raise ToolFailed("round takes a whole number of digits.")
    scale = Fraction(10) ** int(digits)
    size = Fraction(math.floor(abs(value) * scale + Fraction(1, 2))) / scale
    return -size if value < 0 else size


def _factorial(value: Fraction) -> Fraction:
    if value.denominator != 1 or not 0 <= value <= 1000:
        raise ToolFailed("A factorial takes a whole number from 0 to 1000.")
    return Fraction(math.factorial(int(value)))


def _whole(values: tuple[Fraction, ...], name: str) -> list[int]:
    if any(value.denominator != 1 for value in values):
        raise ToolFailed(f"{name} takes whole numbers.")
    return [int(value) for value in values]


FUNCTIONS: Final[Mapping[str, tuple[int, int, Callable[..., Any]]]] = {
    "sqrt": (1, 1, _root),
    "abs": (1, 1, abs),
    "round": (1, 2, _rounded),
    "floor": (1, 1, math.floor),
    "ceil": (1, 1, math.ceil),
    "min": (1, 100, min),
    "max": (1, 100, max),
    "gcd": (2, 100, lambda *values: math.gcd(*_whole(values, "gcd"))),
    "lcm": (2, 20, lambda *values: math.lcm(*_whole(values, "lcm"))),
    "factorial": (1, 1, _factorial),
    "exp": (1, 1, _by_decimal(decimal.Context.exp)),
    "ln": (1, 1, _by_decimal(decimal.Context.ln)),
    "log10": (1, 1, _by_decimal(decimal.Context.log10)),
    "log2": (1, 1, _by_float(math.log2)),
    "sin": (1, 1, _by_float(math.sin)),
    "cos": (1, 1, _by_float(math.cos)),
    "tan": (1, 1, _by_float(math.tan)),
    "asin": (1, 1, _by_float(math.asin)),
    "acos": (1, 1, _by_float(math.acos)),
    "atan": (1, 1, _by_float(math.atan)),
}
"""name -> how many numbers it takes at least and at most, and what it does with them."""
CONSTANTS: Final[Mapping[str, Fraction]] = {
    "pi": Fraction("3.14159265358979323846264338327950288419716939937510"),
    "e": Fraction("2.71828182845904523536028747135266249775724709369995"),
}


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        if base < 0:
            raise ToolFailed("A negative number to a broken power is no real number.")
        if exponent == Fraction(1, 2):
            return _root(base)
        return Fraction(_CONTEXT.power(_decimal(base), _decimal(exponent)))
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(exponent) * size > MOST_BITS:
        raise ToolFailed("The result has too many digits.")
    return base ** int(exponent)


def _bounded(function: Callable[..., Any]) -> Callable[..., Fraction]:
    """No number grows beyond MOST_BITS, so that each step takes little time."""

    def checked(*values: Any) -> Fraction:
        value = Fraction(function(*values))
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS:
            raise ToolFailed("The result has too many digits.")
        return value

    return checked


@v_args(inline=True)
class _Value(Transformer[Any, Fraction]):
    """Works while the text is parsed, so that no tree is built and nothing recurses."""

    add, sub, mul, div, mod, neg, pow, factorial = (
        staticmethod(_bounded(f))
        for f in (
            operator.add,
            operator.sub,
            operator.mul,
            operator.truediv,
            operator.mod,
            operator.neg,
            _power,
            _factorial,
        )
    )

    def floor_div(self, one: Fraction, other: Fraction) -> Fraction:
        return Fraction(one // other)

    def number(self, text: str) -> Fraction:
        return _bounded(Fraction)(text.replace("_", ""))

    def constant(self, name: str) -> Fraction:
        known = CONSTANTS.get("pi" if name == "π" else str(name))
        if known is None:
            raise ToolFailed(f"{str(name)[:40]} is no constant here. There are: {', '.join(CONSTANTS)}.")
        return known

    def arguments(self, *values: Fraction) -> tuple[Fraction, ...]:
        return values

    def call(self, name: str, given: tuple[Fraction, ...]) -> Fraction:
        least, most, function = FUNCTIONS.get(str(name), (0, 0, None))
        if function is None:
            raise ToolFailed(f"{str(name)[:40]} is no function here. There are: {', '.join(FUNCTIONS)}.")
        if not least <= len(given) <= most:
            raise ToolFailed(f"{name} takes {least} to {most} numbers.")
        return _bounded(function)(*given)


@functools.cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", transformer=_Value())


def calculate(expression: str) -> Fraction:
    """Raises ToolFailed with what is wrong, for the model to mend."""
    text = expression.strip().replace("\u2212", "-").replace("–", "-").lower()
    if not text or len(text) > LONGEST:
        raise ToolFailed(f"Give an expression of at most {LONGEST} characters.")
    try:
        value = _parser().parse(text)
    except ZeroDivisionError:
        raise ToolFailed("A division by zero.") from None
    except VisitError as wrong:
        raise _named(wrong.orig_exc) from None
    except LarkError:
        raise ToolFailed("This is no expression that can be calculated, such as (3 + 4) * 2^10.") from None
    except (ArithmeticError, ValueError) as wrong:
        raise _named(wrong) from None
    assert isinstance(value, Fraction)  # noqa: S101 - every rule gives one
    return value


def _named(wrong: BaseException) -> ToolFailed:
    if isinstance(wrong, ToolFailed):
        return wrong
    if isinstance(wrong, ZeroDivisionError | decimal.DivisionByZero):
        return ToolFailed("A division by zero.")
    return ToolFailed("This has no value among the real numbers.")


def shown(value: Fraction) -> str:
    """Exact where the decimals end within DIGITS digits; else the fraction and about what it is."""
    if value.denominator == 1:
        return str(value.numerator)
    twos_and_fives = value.denominator
    for prime in (2, 5):
        while twos_and_fives % prime == 0:
            twos_and_fives //= prime
    rounded = decimal.Context(prec=DIGITS).divide(Decimal(value.numerator), Decimal(value.denominator))
    text = format(rounded, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if twos_and_fives == 1 and Fraction(rounded) == value:
        return text
    fraction = f"{value.numerator}/{value.denominator}"
    return f"about {text}" if len(fraction) > 40 else f"{fraction}, about {text}"


async def _run(arguments: dict[str, Any], _: Running) -> Outcome:
    expression = arguments.get("expression")
    if not isinstance(expression, str):
        raise ToolFailed("Give the expression as a text.")
    return Outcome(shown(calculate(expression)))


CALCULATOR: Final = Tool(
    BUILT_IN,
    "calculator",
    "Calculates an arithmetic expression exactly. Use it for every calculation that is not trivial. "
    "It knows + - * / // % ^ !, parentheses, pi, e and " + ", ".join(FUNCTIONS) + "; angles are in radians.",
    {
        "type": "object",
        "properties": {"expression": {"type": "string", "description": "Such as (3 + 4) * 2^10 / 7"}},
        "required": ["expression"],
    },
    _run,
    "Calculator",
    writes=False,
    open_world=False,
    trusted=True,
)
