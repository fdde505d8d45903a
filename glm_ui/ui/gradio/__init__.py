"""What leans on the inside of Gradio."""
