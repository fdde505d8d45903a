"""`python -m glm_ui`: the command `glm-ui`."""

import sys

from glm_ui.cli import main

if __name__ == "__main__":
    sys.exit(main())
