"""Where a name leads: a model at a provider, and what that model takes there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from glm_ui.catalogue.rows import DialectName, MediaRule, Model, ParamRange, Provider


@dataclass(frozen=True, slots=True)
class Route:
    """A resolved name: this model, at this provider, under this id, in this dialect."""

    model: Model | None
    """None for a custom server's model that the catalogue does not know."""
    provider: Provider
    wire_id: str

    @property
    def dialect(self) -> DialectName:
        return self.provider.dialect

    @property
    def inputs(self) -> tuple[str, ...]:
        """What this model takes at this provider; an unknown model may take what the provider takes."""
        if self.model is None:
            return ("text", *self.provider.media)
        return self.model.inputs_at.get(self.provider.key, self.model.inputs)

    @property
    def params(self) -> Mapping[str, ParamRange]:
        """The sampling fields that this model takes at this provider."""
        refused = self.model.refuses.get(self.provider.key, ()) if self.model else ()
        return {name: bounds for name, bounds in self.provider.params.items() if name not in refused}

    def media_rule(self, kind: str) -> MediaRule | None:
        """How an input of this kind travels, the model's own exceptions included. None: it cannot go at all.

        What the provider only declares (`declared_only`) goes for a model that reads such things somewhere: whoever
        wants to try it is warned first.
        """
        own = self.model.media_at.get(self.provider.key, {}) if self.model else {}
        rule = own.get(kind, self.provider.media.get(kind))
        if rule is None:
            return None
        if kind not in (self.model.inputs if self.model and rule.declared_only else self.inputs):
            return None
        if kind == "image" and self.model and self.model.max_images:
            counts = [n for n in (rule.max_count, self.model.max_images) if n]
            return replace(rule, max_count=min(counts))
        return rule
