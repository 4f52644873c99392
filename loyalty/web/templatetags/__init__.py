"""Template tags of the pages: the component library."""
