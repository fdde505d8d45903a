"""The words that are streamed: thinking and answer of a given number of tokens, with marks to be found by. No I/O.

A token is about four characters. Marks are words such as `tk0000` (the first token of thinking), `an9999` (the last
of the answer), and one at the head of every block between.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

PIECES = re.compile(r"\s*\w{1,6}|\s*[^\w\s]{1,4}|\s+")
MARK = re.compile(r"(?:tk|an)\d{4}")

THOUGHT = """The question {mark} asks for a careful answer, so first the facts are laid out one by one.
Each step depends on the one before it, and a mistake early on would spoil everything that follows.
Let me check the numbers again: 17 times 23 is 391, and 391 plus 9 is 400, which is what was expected.

"""
ANSWER = """## Section {mark}

The **short answer** is that it depends on what is measured, and `latency` is not the same thing as throughput.
Most of the time goes into layout, as [the figures](https://example.com/figures) show for each of the cases below.

- First, measure what is there, with *the same work* on both sides
- Then change **one thing** and measure again
- Keep the change only if the figures say so

```python
def lag(sent: float, painted: float) -> float:
    \"\"\"Seconds between the wire and the eye.\"\"\"
    return max(0.0, painted - sent)  # clocks differ a little
```

| case | before | after |
|---|---|---|
| fresh chat | 12.3 s | 0.4 s |
| after 20 turns | 150 s | 0.4 s |

So $a^2 + b^2 = c^2$ holds here as well, and nothing else has to be said about it in this place.

"""


@dataclass(frozen=True, slots=True)
class Script:
    """Tokens of one reply, in order."""

    thinking: tuple[str, ...]
    answer: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.thinking) + len(self.answer)


@functools.lru_cache(maxsize=16)
def script(tokens: int, *, plain: bool = False) -> Script:
    """Half thinking, half answer, which is Markdown of all kinds or, `plain`, words alone."""
    half = tokens // 2
    return Script(_part("tk", THOUGHT, half), _part("an", THOUGHT if plain else ANSWER, tokens - half))


def _part(name: str, block: str, count: int) -> tuple[str, ...]:
    out = [f"{name}0000"]
    end = ["\n\n", "The", " end", f" {name}9999"]
    number = 1
    while True:
        more = PIECES.findall(("\n\n" if number == 1 else "") + block.format(mark=f"{name}{number:04d}"))
        if len(out) + len(more) + len(end) > count:
            break
        out += more
        number += 1
    out += ["\n\n"] if number == 1 else []
    filler = (" more", " words", " follow", " here", ",", " as", " planned")
    out += [filler[i % len(filler)] for i in range(count - len(out) - len(end))]
    return tuple(out + end)


def turns(count: int, tokens: int) -> list[dict[str, str]]:
    """Earlier turns of a long conversation: question, thinking and answer of `tokens` tokens, without marks."""
    made = script(tokens)
    thinking, answer = (MARK.sub("earlier", "".join(part)) for part in (made.thinking, made.answer))
    return [
        {"question": f"Question number {n}", "thinking": thinking, "answer": answer} for n in range(count)
    ]
