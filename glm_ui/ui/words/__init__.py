"""Every sentence that a person reads in the page."""
