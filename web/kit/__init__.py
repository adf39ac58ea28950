"""The kit of parts that every page is made of: frame, tokens, components, forms, charts. See README.md."""
