"""How the built-in objects are made: a kit of solids and paints, and a generator for each."""
