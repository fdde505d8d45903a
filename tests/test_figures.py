"""Prices and windows of GLM-4.5 to 5.3, known a second time: typed from their sources and not from the catalogue's
files, so that a slip of the hand there shows here.

Z.ai: docs.z.ai/guides/overview/pricing, read on 2026-10-08, and on 2026-07-31 for the turbo models. OpenRouter and the
hosts behind Hugging Face: the package genai-prices 0.2.3 of 2026-11-10. Windows: the vendor's guides (128K = 131,072,
200K = 204,800, 1M = 1,048,576), else models.dev of 2026-07-02.
"""

from __future__ import annotations

import re

import pytest

from glm_ui.catalogue import load
from glm_ui.catalogue.rows import Figure, Price

# model, window, longest answer, then USD per million tokens at Z.ai: input, cached input, output
AT_ZAI = """
glm-4.5           131072    98304   0.6   0.11   2.2
glm-4.5-air       131072    98304   0.2   0.03   1.1
glm-4.5-x         131072    98304   2.2   0.45   8.9
glm-4.5-airx      131072    98304   1.1   0.22   4.5
glm-4.5-flash     131072    98304   0     0      0
glm-4.5v          65536     16384   0.6   0.11   1.8
glm-4.6           204800    131072  0.6   0.11   2.2
glm-4.6v          131072    32768   0.3   0.05   0.9
glm-4.6v-flash    131072    32768   0     0      0
glm-4.6v-flashx   131072    32768   0.04  0.004  0.4
glm-4.7           204800    131072  0.6   0.11   2.2
glm-4.7-flash     200000    131072  0     0      0
glm-4.7-flashx    200000    131072  0.07  0.01   0.4
glm-5             204800    131072  1     0.2    3.2
glm-5-turbo       200000    131072  1.2   0.24   4
glm-5v-turbo      200000    131072  1.2   0.24   4
glm-5.1           200000    131072  1.4   0.26   4.4
glm-5.2           1048576   131072  1.4   0.26   4.4
glm-5.3           1048576   131072  1.4   0.26   4.4
glm-5.3-flash     1048576   131072  0.15  0.03   0.5
glm-5.3-flashx    1048576   131072  0.37  0.075  1.25
glm-5.3-prime     1000000   ?       ?     ?      ?
"""
# model, provider or host, input, cached input, output
ELSEWHERE = """
glm-4.5         openrouter            0.6     0.11   2.2
glm-4.5         huggingface:novita    0.6     ?      2.2
glm-4.5         huggingface:nebius    0.6     ?      2.2
glm-4.5-air     openrouter            0.2     0.03   1.1
glm-4.5-air     huggingface:novita    0.13    ?      0.85
glm-4.5-air     huggingface:nebius    0.2     ?      1.2
glm-4.5-air     huggingface:together  0.2     ?      1.1
glm-4.5v        openrouter            0.6     0.11   1.8
glm-4.5v        huggingface:novita    0.6     ?      1.8
glm-4.6         openrouter            0.6     0.11   2.2
glm-4.6         huggingface:novita    0.55    ?      2.2
glm-4.6         huggingface:together  0.6     ?      2.2
glm-4.6v        openrouter            0.3     0.05   0.9
glm-4.6v-flash  huggingface:novita    0.3     ?      0.9
glm-4.7         openrouter            0.6     0.11   2.2
glm-4.7         huggingface:novita    0.6     ?      2.2
glm-4.7         huggingface:together  0.45    ?      2
glm-4.7-flash   openrouter            0.0605  0.01   0.4
glm-4.7-flash   huggingface:novita    0.07    ?      0.4
glm-5           openrouter            1       0.2    3.2
glm-5           huggingface:novita    1       ?      3.2
glm-5           huggingface:together  1       ?      3.2
glm-5-turbo     openrouter            1.2     0.24   4
glm-5v-turbo    openrouter            1.2     0.24   4
glm-5.1         openrouter            1.4     0.26   4.4
glm-5.2         openrouter            1.4     0.26   4.4
glm-5.2         huggingface:novita    1.4     ?      4.4
glm-5.2         huggingface:together  1.4     ?      4.4
glm-5.3         openrouter            1.4     0.26   4.4
glm-5.3         huggingface:novita    1.4     ?      4.4
glm-5.3         huggingface:together  1.4     ?      4.4
glm-5.3         huggingface:nscale    1.4     ?      4.4
glm-5.3-flash   openrouter            0.15    0.03   0.5
glm-5.3-flash   huggingface:novita    0.15    ?      0.5
glm-5.3-flash   huggingface:together  0.15    ?      0.5
glm-5.3-flashx  openrouter            0.37    0.075  1.25
glm-5.3-prime   openrouter            2.8     0.56   8.8
"""
NEW = re.compile(r"glm-(4\.[567]|5)")


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


def number(text: str) -> float | None:
    return None if text == "?" else float(text)


def amounts(price: Price | None) -> tuple[float | None, ...]:
    return (price.input, price.cached_input, price.output) if price else (None, None, None)


@pytest.mark.parametrize("row", rows(AT_ZAI), ids=lambda row: row[0])
def test_windows_and_zais_prices_are_those_of_their_sources(row: list[str]) -> None:
    model = load().models[row[0]]
    assert (model.window, model.max_output) == (number(row[1]), number(row[2]))
    assert amounts(model.prices.get("zai")) == tuple(map(number, row[3:]))


@pytest.mark.parametrize("row", rows(ELSEWHERE), ids=lambda row: f"{row[0]} at {row[1]}")
def test_prices_elsewhere_are_those_of_their_source(row: list[str]) -> None:
    assert amounts(load().models[row[0]].prices[row[1]]) == tuple(map(number, row[2:]))


def test_every_model_and_every_price_since_glm_4_5_is_known_twice() -> None:
    models = {key: model for key, model in load().models.items() if NEW.match(key)}
    assert {row[0] for row in rows(AT_ZAI)} == set(models)
    twice = {(row[0], row[1]) for row in rows(ELSEWHERE)} | {
        (r[0], "zai") for r in rows(AT_ZAI) if r[3] != "?"
    }
    assert {(key, place) for key, model in models.items() for place in model.prices} == twice


def test_every_figure_says_where_it_is_from_and_when_or_that_its_source_has_no_day() -> None:
    sources = load().sources
    for model in load().models.values():
        figures: list[Figure | Price] = [*model.window_figures, *model.output_figures, *model.prices.values()]
        figures += [figure for figure in (model.released, model.tools, model.structured) if figure]
        for figure in figures:
            source = sources[figure.source]
            assert figure.date or source.date or source.note or source.url, (model.key, figure)
        for price in model.prices.values():
            assert price.date or sources[price.source].date, (model.key, price)
