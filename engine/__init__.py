"""The pure core: an application and its evidence, decided by a rule set at a moment."""
