"""Proofs about a rule book with z3: never imported on the path of a decision.

Import the modules by name (`rules.proof.prove` and so on); importing this package alone does not load z3.
"""
