"""What the owner's own monitoring learns of this process: counts for Prometheus, spans for OpenTelemetry. Each turn is
told once, at its end, as figures: no text, no key, no address of anyone enters here."""
