"""`python -m glm_ui.spaces`"""

import sys

from glm_ui.spaces.manifest import main

sys.exit(main())
