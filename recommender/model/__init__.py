"""`Recommender` and what it is made of: training, saving, bulk scoring."""
