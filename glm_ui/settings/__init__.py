"""Every environment variable that the app reads. A value that is not usable stops the start with one line that names
the variable; a name that no setting has is told, because a limit that is misspelt limits nothing."""

from glm_ui.settings.fields import ACCEPTS, ACCESS, Access, PinnedResolver, Settings, key_name
from glm_ui.settings.load import faults_of, load_settings, misspelt, overlooked

__all__ = [
    "ACCEPTS",
    "ACCESS",
    "Access",
    "PinnedResolver",
    "Settings",
    "faults_of",
    "key_name",
    "load_settings",
    "misspelt",
    "overlooked",
]
