"""`python -m glm_ui.gateway key LABEL`: makes a key for a program that is to use this app as its server."""

from __future__ import annotations

import argparse
import sys

from glm_ui.gateway.keys import line_of, new_key


def main(arguments: list[str], name: str = "python -m glm_ui.gateway") -> int:
    parser = argparse.ArgumentParser(prog=name, description="Keys of the gateway.")
    commands = parser.add_subparsers(dest="command", required=True)
    key = commands.add_parser("key", help="make a key; it is shown this once")
    key.add_argument("label", help="who gets it: letters, digits and . _ - @")
    label = parser.parse_args(arguments).label
    made = new_key()
    try:
        line = line_of(label, made)
    except ValueError as wrong:
        parser.error(str(wrong))
    say = sys.stdout.write
    say(f"Key for {label}, shown this once:\n\n  {made}\n\n")
    say(f"Line for GLM_UI_GATEWAY_KEYS, or for the file that it names:\n\n  {line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
