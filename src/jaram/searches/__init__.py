"""Search: many recipes drawn from a space, trained as populations, and what is learnt from them."""
