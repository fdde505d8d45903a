"""The Multimodal tab: its widgets, its routes, and what the files of a turn become."""
