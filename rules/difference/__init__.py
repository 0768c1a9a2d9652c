"""What changed between two rule books: of meaning, of words, and of what lies beside the rules.

`normal` brings expressions that only look different to one form, `meaning` pairs the rules of two sets, `beside` lists
what no comparison of rules can see, and `question` asks when a rule differs; `rules.proof.difference` answers with z3.
"""
