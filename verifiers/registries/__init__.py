"""The county's data sources as a real HTTP service over a real database, with made people and a switch for faults."""

from verifiers.registries.county import ANCHOR, SEED, County
from verifiers.registries.server import run
from verifiers.registries.service import create_app

__all__ = ["ANCHOR", "SEED", "County", "create_app", "run"]
