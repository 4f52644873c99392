"""The catalogue of products: the list, one product, and its form."""
