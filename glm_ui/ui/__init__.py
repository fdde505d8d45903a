"""The page and the endpoints for programs, in Gradio. No wire format and no HTTP to a provider enters here."""
