"""The law as data: catalogue, forms, dated rules and parameters, and the expression language they are written in."""
