"""Three hundred answers that no person writes: deep nesting, long repeats, odd blanks, and code in every language.

Only data. An answer is a list of parts `[text, times]`; its text is the parts in order, each repeated. `expand` is the
same in the page, so that 15 MB need not travel there.
"""

# ruff: noqa: E501
from __future__ import annotations

SIZE = 50_000
"""Characters of an answer, about."""

Parts = list[list[str | int]]

EXPAND = "(parts) => parts.map(([text, times]) => text.repeat(times)).join('')"

LANGUAGES = [
    "bash",
    "c",
    "cpp",
    "csharp",
    "css",
    "diff",
    "dockerfile",
    "go",
    "graphql",
    "ini",
    "java",
    "javascript",
    "json",
    "kotlin",
    "latex",
    "less",
    "lua",
    "makefile",
    "markdown",
    "objectivec",
    "perl",
    "php",
    "php-template",
    "plaintext",
    "python",
    "python-repl",
    "r",
    "ruby",
    "rust",
    "scss",
    "shell",
    "sql",
    "swift",
    "typescript",
    "vbnet",
    "wasm",
    "xml",
    "yaml",
]
"""All that the page's highlighter knows."""

REPEATED = {
    # Containers.
    "quotes": ">", "quotes with blanks": "> ", "bullets": "- ", "stars as bullets": "* ", "plusses": "+ ",
    "numbers": "1. ", "bullets in quotes": "> - ", "quotes in bullets": "- > ", "numbers in quotes": "> 1. ",
    "quote lines": "> a\n", "quoted list, lazy": "> - a\nb\n", "quoted quote, lazy": "> > a\nb\n", "bullet lines": "- a\n",
    "bullets without words": "-\n", "loose bullets": "- a\n\n", "other bullets": "- a\n+ b\n* c\n", "numbers and parens": "1) a\n2. b\n",
    "quote and code": ">     a\n", "empty quotes": ">\n", "tasks": "- [x] a\n", "task heads": "- [ ] ", "quote, blank": "> a\n\n",
    "quoted fences": "> ```\n", "listed fences": "- ```\n", "bullet, lazy": "- a\nb\n", "bullet and rule": "- a\n***\n",
    # Blocks.
    "hashes": "#", "headings": "# a\n", "empty headings": "#\n", "setext": "a\n=\n", "setext without end": "a\nb\n ", "setext with blanks": "a\n  -\n",
    "rules": "---\n", "dashes": "-", "equals": "=", "underscores": "_", "rule with blanks": "- - ", "rule of stars": "* * *\n",
    "fences": "```\n", "tilde fences": "~~~\n", "fence of rising words": "``` a\n", "indented code": "    a\n", "indented, blank": "    a\n\n",
    "tabs": "\t", "blanks": " ", "line breaks": "\n", "blank lines": " \n", "hard breaks": "a  \n", "backslash breaks": "a\\\n",
    "plain lines": "word\n", "plain words": "word ", "one word": "a", "Chinese": "中", "Chinese sentences": "中文。**中**",
    "table rows": "| a | b |\n", "tables": "|a|\n|-|\n", "dash rows": "|-|\n", "pipes": "|", "pipes and dashes": "|-", "escaped pipes": "\\|",
    "half table heads": "a|b\n-|", "colons and dashes": ":-", "definitions": "[a]: b\n", "definition with half a title": '[a]: b "', "definition lines with half titles": '[a]: b "\n',
    "definition with half a paren": "[a]: b (\n", "definition names": "[a", "definition names with colons": "[a]:\n", "footnotes": "[^1]: a\n", "footnote marks": "[^1] ", "footnote opens": "[^",
    # Inline.
    "stars": "*", "star and letter": "*a", "star, blank": "* a ", "two stars": "**a", "two stars, blank": "**a ", "three stars": "***a ",
    "star pairs": "*a*", "pairs of two": "**a**", "alternating": "*a_", "alternating two": "**a__", "alternating, blanks": "*a _b ", "underscores and letters": "_a",
    "underscores, blanks": "_a ", "closers": "a* ", "closers of two": "a** ", "both sides": "a**b*", "star in CJK": "中*", "star and mark": "*.", "two stars and mark": "**.a",
    "tildes": "~", "two tildes": "~~a ", "tilde closers": "a~~ ", "three tildes": "~~~a", "mixed": "*_~", "mixed, words": "*a _b ~~c ",
    "ticks": "`", "tick and letter": "`a", "two ticks": "``a", "tick pairs": "`a`", "tick and escape": "\\`a", "tick, three, one": "`a```b",
    "brackets": "[", "closing brackets": "]", "bracket pairs": "[]", "bracket letters": "[a", "links": "[a](b)", "half links": "[a](", "half links, angle": "[a](<b", "half links, title": '[a](b "',
    "links in links": "[a](b)[", "references": "[a][b]", "half references": "[a][", "pictures": "![a](b)", "half pictures": "![", "half pictures, paren": "![a](", "picture marks": "!", "bracket tick": "[`a`",
    "bracket and star": "[*a", "bracket and two stars": "**[a", "bracket and backslash": "[\\", "parens": "(", "link with parens": "[a]((", "backslashes": "\\", "escapes": "\\*", "bracket, blank": "[ ", "bracket, break": "[\n",
    "angles": "<", "closing angles": ">a", "angle and letter": "<a", "angle, letter, blank": "<a ", "attributes": '<a b="', "attribute names": "<a b ", "tags": "<b>", "closing tags": "</b>", "tags and words": "x<sub>", "sub and sup": "<sub><sup>",
    "tag pairs": "<b>a</b>", "comments": "<!-- ", "comments closed": "<!---->", "half comments": "<!-", "processing": "<?", "declarations": "<!A ", "cdata": "<![CDATA[", "cdata in a line": "a<![CDATA[", "processing in a line": "a<?", "declaration in a line": "a<!a ",
    "comments in a line": "a<!--", "links as tags": '<a href="http://a.b">', "pictures as tags": "<img src=x>", "angle addresses": "<http://a", "angle mail": "<a@b",
    "divs": "<div>", "div lines": "<div>\n", "div paragraphs": "<div>\n\n", "closing divs": "</div>\n\n", "folds": "<details>", "fold lines": "<details>\n", "fold paragraphs": "<details>\n\n", "folds with summaries": "<details><summary>a</summary>\n\n",
    "closing folds": "</details>\n\n", "folds in turn": "<details>\na\n\n</details>\n\n", "tables as tags": "<table><tr><td>", "lists as tags": "<ul><li>", "pre": "<pre>", "pre lines": "<pre>\n", "script": "<script>", "script lines": "<script>\n", "style lines": "<style>\na\n",
    "textarea": "<textarea>\n", "unknown tags": "<x-y>\n\n", "unknown in a line": "a <x-y>", "svg": "<svg>", "math tags": "<math><mi>", "select": "<select><option>", "template": "<template>", "quotes as tags": "<blockquote>\n", "ruby": "<ruby><rt>",
    "addresses": "http://a.b ", "addresses without end": "http://a", "address with parens": "http://a(", "address with marks": "http://a.?", "address with ampersands": "http://a&a;", "www": "www.a", "www dots": "www.", "www, blank": "www. ", "mail": "a@b.c ", "mail without end": "a@b.", "ats": "a@", "dots": ".", "mail dots": "a.", "dashes and letters": "a-", "mail names": "a.b-c_d+",
    "address, star": "http://a*", "protocols": "http://", "mailto": "mailto:a@", "colons": ":", "xmpp": "xmpp:a@b/",
    "entities": "&amp;", "ampersands": "&", "numbers as entities": "&#1", "half entities": "&a", "entities of nothing": "&#0;",
    # Formulas.
    "dollars": "$", "two dollars": "$$", "dollar and letter": "$a", "dollar, blank": "$ a", "dollar pairs": "$a$", "display dollars": "$$\na\n", "display in turn": "$$a$$\n", "openers": "\\[", "openers in a line": "a\\[", "paren openers": "\\(", "paren opener and letter": "\\(a", "closers of formulas": "\\]", "opener lines": "\\[\n", "dollar lines": "$$\n", "dollar and escape": "$\\", "dollar, break": "$a\n",
    # Odd blanks and signs.
    "no-break spaces": "\u00a0", "wide blanks": "\u3000", "line separators": "\u2028", "zero width": "\u200b", "soft hyphens": "\u00ad", "combining marks": "\u0301", "letters with marks": "a\u0301", "joiners": "\u200d", "families": "👨‍", "flags": "🇩", "surrogates": "😀", "right to left": "\u202e", "isolates": "\u2066", "overrides and back": "\u202ea\u202c", "vertical tabs": "\x0b", "form feeds": "\x0c", "returns": "\r", "controls": "\x01", "tag with no-break space": '<a\u00a0href="http://a.b">x</a>', "tag with wide blank": '<a\u3000href="http://a.b">x</a>', "byte order marks": "\ufeff", "Arabic": "س", "Hebrew words": "שלום ", "Thai": "ก็", "Tibetan": "ཀ྄",
}  # fmt: skip

TWO_SIDED = {
    "brackets inside each other": ("[", "]"), "links inside each other": ("[", "](a)"), "pictures inside each other": ("![", "](a)"),
    "stars inside each other": ("*a ", "b*"), "two stars inside each other": ("**a ", "b**"), "tildes inside each other": ("~~a ", "b~~"), "both kinds inside each other": ("*a **b ", " c** d*"),
    "parens of a link": ("[a](" + "(", ")"), "tags inside each other": ("<b>a", "</b>"), "folds inside each other": ("<details>\n\n", "</details>\n\n"), "spans inside each other": ("<span>", "</span>"),
    "divs inside each other": ("<div>", "</div>"), "tables inside each other": ("<table><tr><td>", "</td></tr></table>"), "openers, then closers": ("a**", " **b"), "brackets, then references": ("[a", "][a]"), "ticks, then one": ("`", "a"),
    "opened stars, closed underscores": ("*a ", "b_"), "dollars and braces": ("${", "}$"), "braces": ("{", "}"), "parens of an address": ("http://a((((", "))))"),
}  # fmt: skip

CODE = {
    "markdown": ("[a](", "*a ", "> ", "- "), "java": ("a<", "a.a", "@a("), "ini": ("a=", "[a", "a.b."), "python": ("f'{", "def a("),
    "javascript": ("`${", "a=>", "<a>", "(a,"), "cpp": ("a<", "a::", "#define a\\\n"), "xml": ("<!--", "<a b="), "yaml": ("a: ", "- - ", "{a: "),
}  # fmt: skip

FORMULAS: dict[str, Parts] = {
    f"{name} in a formula, {times} deep": [["$$" + head, 1], [opens, times], ["x", 1], [closes, times], ["$$\n\nok", 1]]
    for times in (35, 150, 300)
    for name, head, opens, closes in (
        ("fractions", "", "\\frac{1}{", "}"), ("powers", "", "x^{", "}"), ("roots", "", "\\sqrt{", "}"),
        ("braces", "", "{", "}"), ("hats", "", "\\hat{", "}"), ("texts", "", "\\text{a", "}"),
        ("parens", "", "\\left(", "\\right)"), ("matrices", "", "\\begin{matrix}a&", "\\end{matrix}"),
        ("styles", "", "\\displaystyle ", ""), ("colours", "", "\\color{red}", ""),
        ("macros", "\\def\\a#1{\\frac{1}{#1}}\\def\\b#1{\\a{\\a{\\a{\\a{#1}}}}}", "\\b{", "}"),
    )
}  # fmt: skip
"""One formula each, whose parts are inside each other."""

MANY_FORMULAS: dict[str, Parts] = {
    "matrices in turn": [["$$\\begin{matrix}" + "\\\\".join(["x&" * 59 + "x"] * 4) + "\\end{matrix}$$\n\n", 60]],
    "macros in turn": [["$\\def\\a{xxxxxxxxxx}" + "\\a" * 15 + "$ ", 300]],
    "one formula of many powers": [["$$", 1], ["x^{2}+", 1200], ["1$$", 1]],
}  # fmt: skip
"""Formulas that become many elements."""


def _cases() -> dict[str, Parts]:
    made: dict[str, Parts] = (
        {name: [[unit, SIZE // len(unit)]] for name, unit in REPEATED.items()} | FORMULAS | MANY_FORMULAS
    )
    for name, (opens, closes) in TWO_SIDED.items():
        times = SIZE // (len(opens) + len(closes))
        made[name] = [[opens, times], [closes, times]]
    made["a letter and its marks"] = [["a", 1], ["\u0301", 2 * SIZE]]
    made["a long fence"] = [["`", SIZE // 2], ["\na\n", 1], ["`", SIZE // 2]]
    made["a word, blanks, a word"] = [["a", 1], [" ", SIZE], ["b", 1]]
    made["bullets and a line"] = [["- ", SIZE // 2], ["\nb\n", 1]]
    made["a line break and blanks"] = [["a\n", 1], [" ", SIZE], ["b", 1]]
    made["displays in displays"] = [["$$\n$$a\n", SIZE // 7]]
    made["displays with one end"] = [["\\[a\n", SIZE // 4], ["\\] b\n\\]", 1]]
    made["tables of unequal heads"] = [["|a|b|\n|-|\n", SIZE // 10]]
    made["rows and no table"] = [["a\n -\n", SIZE // 5]]
    made["formatting in paragraphs"] = [
        ["<div>\n", 1],
        ["<b><i><em><u><s><code><small><strong><p>", SIZE // 40],
    ]
    made["rising ticks"] = [["`" * n + " ", 1] for n in range(1, 316)]
    made["falling ticks"] = [["`" * n + " ", 1] for n in range(315, 0, -1)]
    made["rising stars"] = [["*" * n + "a ", 1] for n in range(1, 316)]
    made["rising indents"] = [[" " * (2 * n) + "- a\n", 1] for n in range(220)]
    made["a definition and its uses"] = [["[a]: http://b.c\n\n", 1], ["[a] ", SIZE // 4]]
    made["many definitions"] = [[f"[a{n}]: http://b.c\n", 1] for n in range(2500)]
    made["uses of no definition"] = [[f"[a{n}] ", 1] for n in range(6000)]
    made["one wide table"] = [["|a", 8000], ["|\n", 1], ["|-", 8000], ["|\n", 1], ["|a", 8000], ["|\n", 1]]
    made["wide head, many rows"] = [["|a", 300], ["|\n", 1], ["|-", 300], ["|\n", 1], ["|a|\n", 1500]]
    made["a table of bold cells"] = [["|a" * 30 + "|\n" + "|-" * 30 + "|\n", 1], ["|**b**" * 30 + "|\n", 300]]
    made["many footnotes"] = [[f"[^{n}] ", 1] for n in range(2700)] + [
        [f"\n\n[^{n}]: a", 1] for n in range(2700)
    ]
    made["many formulas"] = [[f"${n}x^2$ ", 1] for n in range(1500)]
    for language in LANGUAGES:
        for unit in CODE.get(language, ("(", "a ")):
            made[f"{language}: {unit!r}"] = [
                [f"```{language}\n", 1],
                [unit, SIZE // len(unit)],
                ["\n```\n", 1],
            ]
    return made


CASES = _cases()
