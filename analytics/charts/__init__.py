"""Charts as SVG, drawn on the server: no script, no inline style, the same on screen, in the dark and on paper."""
