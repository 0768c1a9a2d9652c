"""Preset dictionaries of the transport, and the script that makes them."""
