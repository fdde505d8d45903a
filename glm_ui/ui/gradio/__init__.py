"""What leans on the inside of Gradio, one named function each: nothing else in `glm_ui` does.
`tests/test_gradio_inside.py` holds each against the Gradio that is installed."""
