"""Tools that run for a model: what they are, what they are told and what came of them. What a person must be asked is
decided in `consent`; the loop that runs them is `backend.rounds`. No wire format enters here."""
