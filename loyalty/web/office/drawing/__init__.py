"""Prize draws: announced, held, and published so that anybody can check them."""
